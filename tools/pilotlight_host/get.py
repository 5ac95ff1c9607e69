"""`python -m pilotlight_host.get`: fetches and builds what tests need from outside the package
index's reach.

What cannot be had is said in one line; the tests that need it then skip, or fail where CI is set.
"""

from functools import partial

from pilotlight_host.debian import ensure_micropython, ensure_mosquitto, ensure_nats
from pilotlight_host.fetch import ToolMissing, say
from pilotlight_host.emulated.node import emulator_command
from pilotlight_host.image.build import boards, ensure_image
from pilotlight_host.umqtt_fetch import ensure_umqtt


def main() -> None:
    """Get all of it; never fails."""
    images = [partial(ensure_image, board) for board in boards()]
    brokers = (ensure_mosquitto, ensure_nats)
    for ensure in (ensure_umqtt, ensure_micropython, *brokers, emulator_command, *images):
        try:
            ensure()
        except ToolMissing as error:
            say(str(error))


if __name__ == "__main__":
    main()
