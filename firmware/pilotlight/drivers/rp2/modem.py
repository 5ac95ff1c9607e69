"""The network port of a board with a modem: TCP/IP by PPP over a UART.

With an access point name the modem is dialled first, else the line is taken to be PPP already.
Whoever asks `is_up` moves it along; nothing waits. Times in ms.
"""

from time import ticks_add, ticks_diff, ticks_ms

import network
from machine import UART, Pin
from micropython import const

from pilotlight.drivers.tcp import TcpStream
from pilotlight.drivers.udp import Datagrams
from pilotlight.wire.address import is_numeric

_UP_WITHIN_MS = const(20000)  # for PPP to stand, before everything begins anew
_SAY_WITHIN_MS = const(15000)  # for each answer of the modem
_SILENCE_MS = const(1200)  # around "+++", which ends a call that a reset has left standing
_RX_BYTES = const(2048)  # 180 ms of the line
_TX_BYTES = const(4096)  # all that MQTT keeps under way: a write never waits for the line
_CLOSING_MS = const(1000)
_LONGEST = const(256)
_CONNECTING = const(3)  # a status of network.PPP


class Modem:
    """UART `number` on GPIO `tx` and `rx` at `baud`."""

    def __init__(self, number, tx, rx, baud):
        self.apn = ""
        self._uart = UART(
            number,
            baudrate=baud,
            tx=Pin(tx),
            rx=Pin(rx),
            timeout=0,
            timeout_char=0,
            txbuf=_TX_BYTES,
            rxbuf=_RX_BYTES,
        )
        self._ppp = network.PPP(self._uart)  # for ever: lwIP keeps using the memory of one let go
        self._chat: "list" = []  # what is still to be said to the modem
        self._heard = b""
        self._due_ms = ticks_ms()  # something must have happened by then

    @property
    def is_up(self):
        """There is an address to talk from."""
        if self._ppp.isconnected():
            self._due_ms = ticks_ms()
            return True
        if ticks_diff(ticks_ms(), self._due_ms) >= 0:
            self._begin()
        elif self._chat:
            self._listen()
        return False

    def connect(self, address, port):
        """Begin a TCP connection and return its stream. OSError if it cannot begin."""
        return TcpStream(address, port)

    def datagrams(self, address, port):
        """Datagrams to and from one peer. OSError if that cannot be."""
        return Datagrams(address, port)

    @property
    def name_servers(self):
        """The one that PPP was told, if it was."""
        server = self._ppp.ifconfig()[3]
        return [server] if is_numeric(server) and server != "0.0.0.0" else []

    def _begin(self):
        if self._ppp.status() == _CONNECTING:
            self._insist()
            return
        if self._chat and self._chat[0][1] is None:
            self._next()  # the silence is over
        elif self.apn:
            self._chat = _script(self.apn)
            self._say()
        else:
            self._go_online()

    def _insist(self):
        """A call that leads to no PPP is ended, which takes PPP some seconds; on a plain line PPP
        goes on asking.
        """
        if self.apn:
            self._ppp.disconnect()
        self._due_ms = ticks_add(ticks_ms(), _CLOSING_MS)

    def _go_online(self):
        self._ppp.connect()
        self._due_ms = ticks_add(ticks_ms(), _UP_WITHIN_MS)

    # ------------------------------------------------------------------ dialling

    def _say(self):
        words, answer = self._chat[0]
        self._heard = b""
        self._uart.write(words)
        wait_ms = _SILENCE_MS if answer is None else _SAY_WITHIN_MS
        self._due_ms = ticks_add(ticks_ms(), wait_ms)

    def _listen(self):
        if self._uart.any():
            self._heard = (self._heard + (self._uart.read() or b""))[-_LONGEST:]
        answer = self._chat[0][1]
        if answer is not None and answer in self._heard:
            self._next()

    def _next(self):
        self._chat = self._chat[1:]
        if self._chat:
            self._say()
        else:
            self._go_online()


def _script(apn):
    """(what to say, what must be answered; None: silence) in order."""
    return [
        (b"", None),
        (b"+++", None),
        (b"ATH\r", None),
        (b"ATE0\r", b"OK"),
        (b'AT+CGDCONT=1,"IP","' + apn.encode() + b'"\r', b"OK"),
        (b"ATD*99***1#\r", b"CONNECT"),
    ]
