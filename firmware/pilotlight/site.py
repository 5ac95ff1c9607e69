"""What everybody needs to know of the site file: its error, and its amps."""


class SiteError(ValueError):
    """The site file is wrong. `errors` is a list of lines, one per error."""

    def __init__(self, errors):
        super().__init__("\n".join(errors))
        self.errors = errors


def ma(amps):
    """Amps of the site file as integer mA."""
    return int(amps * 1000 + 0.5)
