"""The one error of the command line: what is wrong with the input, a line each. No clock."""


class UserError(Exception):
    """`lines` are shown one per line, without a traceback; the command ends with `code`."""

    def __init__(self, lines: list[str] | str, code: int = 2) -> None:
        self.lines = [lines] if isinstance(lines, str) else lines
        self.code = code
        super().__init__("\n".join(self.lines))
