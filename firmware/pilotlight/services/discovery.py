"""Tells Home Assistant of the site and its outlets, a piece at a time; once after each connection.

Retained, QoS 1. Outlets and feeders that are no longer there are taken back.
"""

from pilotlight import VERSION
from pilotlight.wire import discovery

_MOST = 8  # feeders, and outlets
_PIECES = 3  # a step: some 2 ms each on a Pico


class Discovery:
    """`codec`: services.mqttport.Codec; `site`: the checked site file."""

    def __init__(self, codec, device, site):
        self._codec = codec
        self._device = device
        self._site = site
        self._turn = None  # 0 is the site, 1...8 feeders, 9...16 outlets; None: all are told
        self._pieces = None  # of what is being made
        self._made = bytearray()

    @property
    def is_idle(self):
        """Everything has been told."""
        return self._turn is None

    def begin(self):
        """Tell everything."""
        self.stop()
        self._turn = 0

    def stop(self):
        """Nobody is there."""
        self._turn = self._pieces = None
        self._made = bytearray()

    def step(self):
        """Some pieces, if there is something to tell."""
        if self._turn is None:
            return
        if self._pieces is None:
            self._pieces = self._begun(self._turn)
        count = 0
        for piece in self._pieces:
            self._made.extend(piece)
            count += 1
            if count == _PIECES:
                return
        topic = discovery.config_topic(self._device, _which(self._turn))
        self._codec.publish_surely(topic, bytes(self._made), True)
        self._pieces = None
        self._made = bytearray()
        self._turn = None if self._turn == 2 * _MOST else self._turn + 1

    def _begun(self, turn):
        """What is to be told; nothing of what is not there."""
        feeders, outlets = self._site["feeders"], self._site["outlets"]
        if turn == 0:
            return discovery.of_site(self._device, VERSION)
        if turn <= len(feeders):
            return discovery.of_feeder(self._device, VERSION, turn, feeders[turn - 1])
        number = turn - _MOST
        if 0 < number <= len(outlets):
            return discovery.of_outlet(self._device, VERSION, number, outlets[number - 1])
        return iter(())


def _which(turn):
    if turn == 0:
        return ""
    return "f" + str(turn) if turn <= _MOST else str(turn - _MOST)
