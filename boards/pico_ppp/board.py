"""The board `pico_ppp`: the carrier of ../pico with a modem on its second UART. GPIO numbers."""

from pico_pins import Pins

from pilotlight.drivers.rp2 import carrier
from pilotlight.drivers.rp2.modem import Modem

_MODEM = (1, 20, 21, 115200)  # UART, TX, RX, baud


class Board(carrier.Carrier):
    """Carrier with TCP/IP over a modem line."""

    def __init__(self):
        super().__init__("pico_ppp", Pins)
        self.network = Modem(*_MODEM)
        self.capabilities["network"] = self.capabilities["modem"] = True


def rest():
    """Every output off, while no program runs."""
    carrier.rest(Pins)
