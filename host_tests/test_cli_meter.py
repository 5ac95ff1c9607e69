"""`pilotlight meter`: pymodbus behind a pty, found and watched. Times in s."""

import asyncio
import contextlib
import os
import select
import sys
import termios
import threading
import time
import tty
from datetime import datetime

import pytest
from cli_helpers import pilotlight
from other_side_house import House
from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.sim.meterslave import PtyMeter
from pilotlight_host.paths import HOST_TESTS
from pilotlight_host.sim.telegramline import p1_telegram

sys.path.append(str(HOST_TESTS / "both"))
from p1_bench import as_7e1


@contextlib.contextmanager
def slave(address=1, house=None):
    """A meter on a pty, in a thread of its own; yields the path."""
    ready, done = threading.Event(), asyncio.Event()
    found = {}

    async def serve():
        meter = PtyMeter(
            house or House(),
            lambda: time.monotonic() * 1000,
            lambda ms: asyncio.sleep(ms / 1000),
            address=address,
            wire=Wire(9600),
        )
        await meter.start()
        found["path"], found["loop"] = meter.path, asyncio.get_running_loop()
        ready.set()
        await done.wait()
        await meter.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield found["path"]
    finally:
        found["loop"].call_soon_threadsafe(done.set)
        thread.join(10)


def test_probe_finds_it_and_prints_what_to_paste():
    with slave(address=5) as path:
        done = pilotlight("meter", "probe", path, "--baud", 9600, "--parity", "N")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        '{"id": "grid", "port": "meter", "model": "sdm630", "address": 5, "baud": 9600}'
    ]
    assert "somebody answers at 9600 8N1, address 5" in done.stderr
    assert "shows the same: sdm72" in done.stderr


def test_probe_that_finds_nobody_exits_1():
    with slave(address=9) as path:
        done = pilotlight("meter", "probe", path, "--baud", 19200, "--parity", "N", "--address", 4)
    assert (done.returncode, done.stdout.count("no meter found")) == (1, 1)


def p1():
    return p1_telegram(House().meter_image(), datetime(2026, 1, 15, 17))  # noqa: DTZ001 - local


def iec_d():
    """A little more energy each time."""
    iec_d.wh = getattr(iec_d, "wh", 1_234_500) + 1
    lines = f"1-0:1.8.0*255({iec_d.wh / 1000:012.4f}*kWh)\r\n1-0:16.7.0*255(000500.00*W)\r\n!\r\n"
    return as_7e1(b"/ESY5Q3DA1004 V3.04\r\n\r\n" + lines.encode())


@contextlib.contextmanager
def on_pty(meter):
    """`meter(port, stop)` in a thread at one end of a pty; yields the path of the other."""
    port, end = os.openpty()
    tty.setraw(end)
    stop = threading.Event()
    thread = threading.Thread(target=meter, args=(port, stop))
    thread.start()
    try:
        yield os.ttyname(end)
    finally:
        stop.set()
        thread.join()


def teller(telegram=p1):
    """A meter that tells by itself."""

    def tell(port, stop):
        while not stop.wait(1):
            os.write(port, telegram())

    return on_pty(tell)


def test_probe_hears_p1():
    with teller() as path:
        done = pilotlight("meter", "probe", path)
    assert done.stdout == '{"id": "grid", "port": "meter", "model": "p1", "baud": 115200}\n'


def test_probe_and_watch_hear_mode_d():
    with teller(iec_d) as path:
        found = pilotlight("meter", "probe", path, "--baud", 9600)
        done = pilotlight("meter", "watch", path, "--model", "iec-d", "--lines", 4)
    assert found.stdout == '{"id": "grid", "port": "meter", "model": "iec-d", "baud": 9600}\n'
    *_, last = done.stdout.splitlines()
    assert "? ? ? A | ? ? ? W | ? ? ? V | 1234.5" in last
    assert "structure unlike the one before 1" in last


def _readout():
    """A data block as of wire.iec62056: STX, lines, ETX, and the exclusive or of what follows STX."""
    text = b"0.0.0(73066029)\r\n1.8.0(0008989.442*kWh)\r\n2.8.0(0000012.001*kWh)\r\n!\r\n\x03"
    bcc = 0
    for byte in text:
        bcc ^= byte
    return as_7e1(b"\x02" + text + bytes([bcc]))


def _say(port, text, rate):
    time.sleep(0.25)
    is_right = termios.tcgetattr(port)[4] == rate
    os.write(port, text if is_right else bytes(byte ^ 0xA5 for byte in text))


def _mode_c(port, stop):
    """A meter of mode C. It understands and is understood only at the right rate."""
    heard = bytearray()
    while not stop.is_set():
        if select.select([port], [], [], 0.05)[0]:
            rate = termios.tcgetattr(port)[4]
            data = os.read(port, 64)
            heard.extend(data if rate == termios.B300 else b"?" * len(data))
        if heard.endswith(as_7e1(b"/?!\r\n")):
            heard.clear()
            _say(port, as_7e1(b"/ISk5AM150-T000\r\n"), termios.B300)
        elif heard.endswith(as_7e1(b"\x06050\r\n")):
            heard.clear()
            _say(port, _readout(), termios.B9600)


def test_probe_and_watch_call_in_mode_c():
    with on_pty(_mode_c) as path:
        found = pilotlight("meter", "probe", path, "--baud", 300)
        done = pilotlight("meter", "watch", path, "--model", "iec-c", "--lines", 3)
    assert found.stdout == '{"id": "grid", "port": "meter", "model": "iec-c", "baud": 9600}\n'
    *_, last = done.stdout.splitlines()
    assert "? ? ? A | ? ? ? W | ? ? ? V | 8989.442 kWh" in last, done.stdout + done.stderr
    assert "100 % good of 1: no errors" in last


def test_watch_shows_what_p1_tells():
    with teller() as path:
        done = pilotlight("meter", "watch", path, "--model", "p1", "--lines", 4)
    assert done.returncode == 0, done.stderr
    *_, last = done.stdout.splitlines()
    assert "16.25 3.25 0.12 A | 3739 -747 28 W | 230.1 229.9 231.0 V | 1234.500 kWh" in last
    assert "2026-01-15 17:00:00 winter time" in last
    assert "no errors" in last


def test_watch_shows_values_and_errors():
    with slave() as path:
        done = pilotlight("meter", "watch", path, "--model", "sdm630", "--lines", 3)
    assert done.returncode == 0, done.stderr
    *_, last = done.stdout.splitlines()
    assert "16.25 3.25 0.12 A | 3739 -747 28 W" in last or "16.25 3.25 0.13 A" in last
    assert "230.1 229.9 231.0 V | 1234.500 kWh" in last
    assert "no errors" in last


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("probe", "/dev/nowhere"), "/dev/nowhere: cannot be opened"),
        (("probe", "x", "--address", 0), "--address: 0 is wrong, expected 1...247"),
        (("watch", "x", "--model", "sdm"), "--model: 'sdm' is wrong, expected one of: sdm630"),
    ],
)
def test_what_is_wrong_is_one_line(words, said):
    done = pilotlight("meter", *words)
    (line,) = [text for text in done.stderr.splitlines() if text.startswith("pilotlight: ")]
    assert done.returncode == 2 and said in line
