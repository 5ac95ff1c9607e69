"""The serial lines: pace, half duplex with its drive enable, receive timeout."""

from collections.abc import Iterator

import pytest
from emulator_helpers import booted
from pilotlight_host.emulated import Pico, RawRepl

Booted = tuple[Pico, RawRepl]
CHARACTER_US = 10 * 1e6 / 9600

OPEN = """
from machine import UART, Pin
import time
drive = Pin(7, Pin.OUT, value=0)
u = UART(0, 9600, tx=Pin(0), rx=Pin(1), rxbuf=256)
def send(data, early_us=None):
    drive(1)
    u.write(data)
    if early_us is None: u.flush()
    else: time.sleep_us(early_us)
    drive(0)
"""


@pytest.fixture
def board() -> Iterator[Booted]:
    with booted() as pair:
        pair[1].exec(OPEN)
        yield pair


def test_bytes_take_their_time_on_the_line(board: Booted) -> None:
    """flush() ends when the last stop bit has left, not when the FIFO is empty."""
    pico, repl = board
    code = "drive(1); t = time.ticks_us(); u.write(bytes(range(100))); u.flush()\n"
    took_us = int(repl.exec(code + "print(time.ticks_diff(time.ticks_us(), t)); drive(0)"))
    assert took_us == pytest.approx(100 * CHARACTER_US, abs=CHARACTER_US)
    assert pico.uart_read() == bytes(range(100))
    assert pico.counters()["lost_out"] == 0


def test_what_is_sent_with_the_driver_off_is_lost(board: Booted) -> None:
    pico, repl = board
    repl.exec("u.write(b'silent'); u.flush()")
    assert pico.uart_read() == b"" and pico.counters()["lost_out"] == 6


def test_a_driver_that_is_switched_off_too_early_spoils_the_end(board: Booted) -> None:
    """6.5 characters of 8 were on the line: six are whole."""
    pico, repl = board
    repl.exec(f"send(b'abcdefgh', {int(6.5 * CHARACTER_US)}); time.sleep_ms(5)")
    assert pico.uart_read() == b"abcdef" and pico.counters()["lost_out"] == 2


def test_nothing_is_heard_while_the_driver_is_on(board: Booted) -> None:
    pico, repl = board
    repl.exec("import gc; gc.collect()")  # none of it in what is timed
    repl.start("drive(1); time.sleep_ms(20); drive(0); time.sleep_ms(30); print(u.read())")
    pico.run(pico.now_us + 10_000)
    sent = bytes(range(65, 65 + 20))
    pico.uart_write(sent)
    heard = eval(pico.wait_for(b"\r\n"))
    assert 4 <= len(heard) <= 12 and sent.endswith(heard)
    assert pico.counters()["lost_in"] == 20 - len(heard)


def test_bytes_arrive_at_the_line_s_pace(board: Booted) -> None:
    """The receive timeout comes 32 bit times after the last of them."""
    pico, repl = board
    repl.exec(
        "seen = []\nu.irq(lambda u: seen.append((time.ticks_us(), u.any())), UART.IRQ_RXIDLE)\n"
    )
    pico.run(pico.now_us + 20_000)
    started_us = pico.now_us
    pico.uart_write(b"0123456789")
    pico.run(started_us + 30_000)
    ((idle_us, count),) = eval(repl.exec("print(seen)"))
    assert count == 10
    # RXIDLE is found by the soft timer of MicroPython's driver, which looks every few characters
    assert 10 * CHARACTER_US < idle_us - started_us < 20 * CHARACTER_US


def test_more_than_the_buffers_hold_is_lost(board: Booted) -> None:
    """The driver's ring takes what fits; nothing is made up, nothing comes twice."""
    pico, repl = board
    pico.uart_write(bytes(range(256)) * 2)
    pico.run(pico.now_us + 600_000)
    got = eval(repl.exec("print(u.read())"))
    assert 256 <= len(got) < 512 and got[:250] == bytes(range(250))


def test_the_other_uart_is_a_plain_wire(board: Booted) -> None:
    pico, repl = board
    repl.exec("v = UART(1, 115200, tx=Pin(20), rx=Pin(21))\nv.write(b'modem'); v.flush()")
    assert pico.uart_read(1) == b"modem"
    pico.uart_write(b"OK", 1)
    pico.run(pico.now_us + 2000)
    assert repl.exec("print(v.read())") == "b'OK'\n"
