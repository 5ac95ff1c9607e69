"""TCP/IP of the emulated board through its modem line to this machine's loopback. Real sockets."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from emulator_helpers import booted
from pilotlight_host.emulated import EmulatorError, Pico, RawRepl

CONNECT = """
import network, socket, time
from machine import UART, Pin
ppp = network.PPP(UART(1, 115200, tx=Pin(20), rx=Pin(21), rxbuf=2048))
ppp.connect()
started = time.ticks_ms()
while not ppp.isconnected() and time.ticks_diff(time.ticks_ms(), started) < 3000:
    time.sleep_ms(5)
print(ppp.isconnected(), ppp.ifconfig()[0])
"""
BIG = 6000
LONG_MS = 60_000
GUSH = 1500  # bytes
STILL_US = 15_000


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says everything again."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client = server.accept()[0]
                while data := client.recv(4096):
                    client.sendall(data)
                client.close()

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


@pytest.fixture(scope="module")
def online() -> Iterator[tuple[Pico, RawRepl, int]]:
    host_port = free_port()
    with booted("pico_ppp", ppp=True, forward={host_port: 80}) as (pico, repl):
        assert repl.exec(CONNECT) == "True 10.0.5.2\n"
        yield pico, repl, host_port


def test_echo(online: tuple, echo: int) -> None:
    """Several windows there and back: nothing missing, nothing twice; then both ends close."""
    _, repl, _ = online
    code = (
        f"s = socket.socket(); s.connect(('10.0.5.1', {echo}))\n"
        f"data = bytes(i * 7 & 255 for i in range({BIG})); got = b''\n"
        f"for at in range(0, {BIG}, 500):\n"
        "    s.write(data[at:at + 500]); got += s.read(500)\n"
        "s.close(); print(got == data)\n"
    )
    assert repl.exec(code, LONG_MS) == "True\n"


def test_nobody_listens(online: tuple) -> None:
    """A refused connection is an error on the board, at once."""
    _, repl, _ = online
    code = f"s = socket.socket()\ntry: s.connect(('10.0.5.1', {free_port()}))\nexcept OSError as e: print(e)"
    assert "ECONN" in repl.exec(code, LONG_MS)


def test_a_server_on_the_board(online: tuple) -> None:
    pico, repl, host_port = online
    repl.start(
        "l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
        "l.bind(('0.0.0.0', 80)); l.listen(1); c, a = l.accept()\n"
        "c.write(b'hello ' + c.read(5)); c.close(); l.close()"
    )
    pico.run(pico.now_us + 20_000)
    with socket.create_connection(("127.0.0.1", host_port), 5) as client:
        client.sendall(b"world")
        client.settimeout(0.01)
        said = b""
        for _ in range(300):
            pico.run(pico.now_us + 10_000)
            with contextlib.suppress(TimeoutError):
                data = client.recv(100)
                said += data
                if not data:
                    break
        assert said == b"hello world"
    pico.wait_for(b"\x04\x04>")


def test_the_cable_of_the_modem_is_pulled(online: tuple, echo: int) -> None:
    """What was sent meanwhile comes through once it is back: TCP repeats it."""
    pico, repl, _ = online
    repl.exec(f"s = socket.socket(); s.connect(('10.0.5.1', {echo})); s.settimeout(20)", LONG_MS)
    pico.plug_modem(False)
    repl.start("s.write(b'patience'); print(s.read(8))")
    pico.run(pico.now_us + 1_000_000)
    assert b"patience" not in pico.console_read()
    pico.plug_modem(True)
    assert b"b'patience'" in pico.wait_for(b"\x04\x04>", LONG_MS)


@pytest.fixture
def gush() -> Iterator[int]:
    """The port of a server that says much at once to whoever comes."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            client = server.accept()[0]
            client.sendall(bytes(GUSH))
            client.recv(1)

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def test_a_burst_does_not_hold_up_the_program(online: tuple, gush: int) -> None:
    """What comes without a rest takes the line 140 ms; a program that does not wait goes on."""
    _, repl, _ = online
    code = (
        f"s = socket.socket(); s.connect(('10.0.5.1', {gush})); s.setblocking(False)\n"
        "def take():\n"
        "    got, worst, last, end = 0, 0, time.ticks_us(), time.ticks_add(time.ticks_ms(), 5000)\n"
        f"    while got < {GUSH} and time.ticks_diff(end, time.ticks_ms()) > 0:\n"
        "        got += len(s.read(100) or b'')\n"
        "        now = time.ticks_us()\n"
        "        worst, last = max(worst, time.ticks_diff(now, last)), now\n"
        "    print(got, worst)\n"
        "take(); s.close()\n"
    )
    got, worst_us = map(int, repl.exec(code, LONG_MS).split())
    print(f"the program stood still for {worst_us} us at most")
    assert got == GUSH
    assert worst_us <= STILL_US


def test_noise_on_the_line(online: tuple, echo: int) -> None:
    """Spoiled frames are lost, and repeated."""
    pico, repl, _ = online
    repl.exec(f"s = socket.socket(); s.connect(('10.0.5.1', {echo})); s.settimeout(20)", LONG_MS)
    before = pico.counters()["spoiled"]
    pico.trouble_modem(spoils=100)
    repl.start("s.write(bytes(300)); print(s.read(300) == bytes(300))")
    pico.run(pico.now_us + 3_000_000)
    pico.trouble_modem()
    assert pico.counters()["spoiled"] > before
    assert pico.wait_for(b"\x04\x04>", LONG_MS).endswith(b"True\r\n")


def test_the_modem_ends_the_call(online: tuple) -> None:
    """Afterwards all that stood is gone. The last of these tests."""
    pico, repl, _ = online
    pico.hang_up()
    assert pico.counters()["tcp_standing"] == 0
    code = (
        "end = time.ticks_add(time.ticks_ms(), 8000)\n"
        "while ppp.isconnected() and time.ticks_diff(end, time.ticks_ms()) > 0: time.sleep_ms(10)\n"
        "print(ppp.isconnected())"
    )
    assert repl.exec(code, LONG_MS) == "False\n"


def test_a_board_without_ppp_has_no_modem_to_unplug() -> None:
    with booted() as (pico, _), pytest.raises(EmulatorError, match="without ppp"):
        pico.plug_modem(False)
