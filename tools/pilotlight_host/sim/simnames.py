"""What the simulated network has beside its broker: a name server that knows every name, and a
time server that tells the scenario's time, taken for UTC. Both answer at once, by datagrams; while
there is no network nobody does.
"""

import struct
from datetime import UTC

from .plant import Plant

GATEWAY = "10.0.0.1"
NAMES, TIME = 53, 123
_NTP_S = 2_208_988_800  # from 1900 to 1970
_FOUND = bytes.fromhex("c00c 0001 0001 0000012c 0004") + bytes(map(int, GATEWAY.split(".")))


class Datagrams:
    """To one of the two, as boards/README.md describes it."""

    def __init__(self, plant: Plant, port: int) -> None:
        self._plant = plant
        self._port = port
        self._answer: bytes | None = None

    def send(self, data: bytes) -> None:
        """Ask."""
        if self._plant.network_up and self._port in (NAMES, TIME):
            self._answer = _address(data) if self._port == NAMES else self._time(data)

    def receive(self, most: int) -> bytes | None:
        """The answer, once."""
        answer, self._answer = self._answer, None
        return None if answer is None else answer[:most]

    def close(self) -> None:
        """Hear nothing more."""
        self._answer = None

    def _time(self, asked: bytes) -> bytes:
        start = self._plant.scenario.start.replace(tzinfo=UTC).timestamp()
        seconds, rest_ms = divmod(int(start * 1000) + self._plant.t_ms, 1000)
        stamp = struct.pack(">II", (seconds + _NTP_S) % (1 << 32), rest_ms * (1 << 32) // 1000)
        head = struct.pack(">BBbbII4s8x", 0x24, 2, 6, -20, 0, 0, b"SIM\0")
        return head + asked[40:48] + stamp + stamp


def _address(asked: bytes) -> bytes:
    return asked[:2] + b"\x81\x80\x00\x01\x00\x01" + asked[8:] + _FOUND
