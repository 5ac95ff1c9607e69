"""The table of all vectors: what is required, by when, what was measured, and whether it was met.

python -m vectors [ID...]      exit code 1 if a row fails
"""

import itertools
import sys
import textwrap
from concurrent.futures import ProcessPoolExecutor

from pilotlight_host.shims.install import install

install()

from vectors.runner import NOT_MET, ROWS, Result, play

_WIDTHS = (3, 40, 16, 32, 44)


def main() -> int:
    names = sys.argv[1:] or list(ROWS)
    _print("id", "reaction", "deadline", "measured, worst", "result")
    count = dict.fromkeys(("pass", "FAIL", "not met"), 0)
    with ProcessPoolExecutor(2) as pool:
        for name, result in zip(names, pool.map(_play, names)):
            verdict = _verdict(name, result)
            count[verdict.split(":")[0]] += 1
            row = ROWS[name]
            _print(name, row.reaction, row.deadline, _times(result), verdict)
    print(", ".join(f"{number} {what}" for what, number in count.items() if number))
    return 1 if count["FAIL"] else 0


def _print(*cells: str) -> None:
    """One row, in as many lines as it needs."""
    columns = [textwrap.wrap(cell, width) for cell, width in zip(cells, _WIDTHS)]
    for words in itertools.zip_longest(*columns, fillvalue=""):
        line = "  ".join(f"{word:<{width}}" for word, width in zip(words, _WIDTHS))
        print(line.rstrip(), flush=True)


def _play(name: str) -> Result:
    return Result() if name in NOT_MET else play(ROWS[name])


def _times(result: Result) -> str:
    return ", ".join(f"{what} {_amount(what, value)}" for what, value in result.measured.items())


def _amount(what: str, value: float) -> str:
    if what.endswith(" us"):
        return f"{value:.2f}"
    return f"{value:.0f} ms" if value < 10_000 else f"{value / 1000:.0f} s"


def _verdict(name: str, result: Result) -> str:
    if name in NOT_MET:
        return "not met: " + NOT_MET[name]
    return "pass" if result.missed is None else "FAIL: " + result.missed


if __name__ == "__main__":
    sys.exit(main())
