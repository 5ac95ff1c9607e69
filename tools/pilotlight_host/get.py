"""`python -m pilotlight_host.get`: fetches what tests need from outside the package index's reach.

What cannot be had is said in one line; the tests that need it then skip, or fail where CI is set.
"""

from pilotlight_host.debian import ensure_micropython, ensure_mosquitto
from pilotlight_host.fetch import ToolMissing, say
from pilotlight_host.image.sources import ensure_source
from pilotlight_host.umqtt_fetch import ensure_umqtt


def main() -> None:
    """Get all of it; never fails."""
    for ensure in (ensure_umqtt, ensure_micropython, ensure_mosquitto, ensure_source):
        try:
            ensure()
        except ToolMissing as error:
            say(str(error))


if __name__ == "__main__":
    main()
