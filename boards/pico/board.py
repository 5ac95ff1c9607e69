"""The board `pico`: a Raspberry Pi Pico on the carrier of README.md."""

from pico_pins import Pins

from pilotlight.drivers.rp2 import carrier


class Board(carrier.Carrier):
    """Carrier without a network."""

    def __init__(self):
        super().__init__("pico", Pins)


def rest():
    """Every output off, while no program runs."""
    carrier.rest(Pins)
