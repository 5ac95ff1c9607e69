"""The real firmware dials a modem, and finds the way back when a line is dead for long. Times in ms.

The dialogue is played at the modem's UART; the line's other end is the emulator's PPP peer.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from pico_helpers import Rig, rig, site
from pilotlight_host.emulated import RawRepl

UART = 1
LATE_MS = 20
SCRIPT = (
    ("+++", ""),
    ("ATH\r", ""),
    ("ATE0\r", "\r\nOK\r\n"),
    ('AT+CGDCONT=1,"IP","iot.example"\r', "\r\nOK\r\n"),
    ("ATD*99***1#\r", "\r\nCONNECT 150000000\r\n"),
)
LCP = b"\x7e\xff\x7d\x23\xc0\x21"  # a PPP frame begins: flag, address, control escaped, LCP
NO_PPP_MS = 20_000  # after CONNECT
ENDING_MS = 15_000  # what PPP takes to give up, and the silence before "+++"
UP_MS = 20_000
DEAD_MS = 60_000  # three echo requests, 10 s apart, and the end of the link

DRIVER = """
from time import sleep_ms, ticks_diff, ticks_ms
from pilotlight.drivers.rp2.modem import Modem
modem = Modem(1, 20, 21, 115200)

def wait(is_up, most_ms):
    start = ticks_ms()
    while modem.is_up != is_up and ticks_diff(ticks_ms(), start) < most_ms:
        sleep_ms(200)
    print(ticks_diff(ticks_ms(), start) if modem.is_up == is_up else "never")
"""


class Ear:
    """What the board says to the modem."""

    def __init__(self, board: Rig) -> None:
        self._board = board
        self.heard = b""

    def hears(self, words: bytes) -> bool:
        self.heard += self._board.pico.uart_read(UART)
        return words in self.heard

    def dial(self) -> None:
        """Play the modem until the call stands."""
        for words, answer in SCRIPT:
            self._board.until(6000, lambda words=words: self.hears(words.encode()))
            assert self.heard == words.encode()
            self.heard = b""
            self._board.go(10)
            self._board.pico.uart_write(answer.encode(), UART)
        self._board.until(3000, lambda: self.hears(LCP))
        assert self.heard.startswith(LCP)


def test_the_modem_is_dialled_while_the_site_runs() -> None:
    content = site(1, mqtt={"host": "192.0.2.1"}, modem={"apn": "iot.example"})
    with rig(content, "pico_ppp") as board:
        Ear(board).dial()
        print(f"PPP begins {board.now_us / 1000:.0f} ms after power-on")
        assert board.said() == ""
        board.go(100)
        assert board.snapshot()["site"]["latest_ms"] <= LATE_MS


@contextmanager
def driver(**options: bool) -> Iterator[tuple[Rig, RawRepl]]:
    """The modem's driver alone: no site runs."""
    with rig(None, "pico_ppp", **options) as board:
        board.go(500)
        repl = RawRepl(board.pico)
        board.pico.console_write(b"\x04")  # a soft reset in the raw REPL: main.py does not run
        board.pico.wait_for(b"raw REPL; CTRL-B to exit\r\n>")
        repl.exec(DRIVER)
        yield board, repl


def test_a_call_that_leads_to_no_ppp_is_ended_and_dialled_again() -> None:
    with driver() as (board, repl):
        repl.start("modem.apn = 'iot.example'\nwait(True, 120_000)")
        ear = Ear(board)
        ear.dial()
        begun_us = board.now_us
        board.until(NO_PPP_MS + ENDING_MS, lambda: ear.hears(b"+++"))
        print(f"dialled again {(board.now_us - begun_us) / 1000:.0f} ms after CONNECT")
        assert board.now_us - begun_us >= 1000 * NO_PPP_MS
        ear.heard = b"+++"
        ear.dial()


def test_a_line_that_was_dead_for_long_is_found_again() -> None:
    with driver(ppp=True) as (board, repl):
        board.pico.plug_modem(False)
        assert repl.exec("wait(True, 2000)") == "never\n"
        board.pico.plug_modem()
        first_ms = int(repl.exec(f"wait(True, {UP_MS})", 2 * UP_MS))
        board.pico.plug_modem(False)
        down_ms = int(repl.exec(f"wait(False, {DEAD_MS})", 2 * DEAD_MS))
        board.pico.plug_modem()
        again_ms = int(repl.exec(f"wait(True, {UP_MS})", 2 * UP_MS))
        print(
            f"up after {first_ms} ms, down {down_ms} ms after it was pulled, up {again_ms} ms later"
        )
