"""Coverage-guided fuzzing of one decoder: `python host_tests/fuzz_decoders.py NAME [libFuzzer's
options]`, e.g. `sml -max_total_time=60 -seed=1`. What fails is printed and kept by libFuzzer.
"""

import sys

import atheris
from pilotlight_host.shims.install import install

install()
with atheris.instrument_imports(include=["pilotlight.wire"]):
    from decoder_checks import CHECKS


def main() -> None:
    """Does not return: libFuzzer ends the process."""
    check = CHECKS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
