"""boards/remote against an other side written by hand from its README.

The same board code runs on CPython here and on MicroPython in test_real_app.py. Times in ms.
"""

import contextlib
import importlib
import os
import select
import socket
import sys
import time
import tty
from array import array

import pytest
from pilotlight_host.paths import BOARDS
from waiting import received, unread, until


FACTS = (
    "board outlets=2 clamps=2 samples=100 window_ms=100 max_ma=32000 readback=1 proximity=1 "
    "residual=0 watchdog_ms=0 hold_ms=60 colour=3"
)
SAFE = b"out 10000 0 10000 0\n"


class OtherSide:
    """A listening socket, and lines by hand."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(5)
        self.peer = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.connection = None
        self.board = None  # as soon as it is made

    def greet(self, *lines):
        """Let the waiting firmware in; what it said first is returned."""
        self.connection = self.listener.accept()[0]
        self.connection.settimeout(5)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.say(*lines)

    def say(self, *lines):
        self.send("".join(line + "\n" for line in lines).encode())

    def send(self, data):
        """Until it has arrived at the board."""
        if self.board is None:
            self.connection.sendall(data)
            return
        there = self.board._link._stream._socket
        before = unread(there)
        self.connection.sendall(data)
        assert until(lambda: unread(there) - before, len(data).__eq__) == len(data)

    def hang_up(self):
        """Until the board can see it."""
        self.connection.close()
        assert select.select([self.board._link._stream._socket], [], [], 5)[0]

    def hear(self, count):
        got = b""
        while len(got) < count:
            data = self.connection.recv(count - len(got))
            assert data, got
            got += data
        return got

    def close(self):
        for end in (self.connection, self.listener):
            if end is not None:
                end.close()


@pytest.fixture
def remote(monkeypatch):
    """The modules of boards/remote, and an environment without any of its variables."""
    for name in ("REMOTE", "STORAGE", "CONSOLE", "UART_METER"):
        monkeypatch.delenv(f"PILOTLIGHT_{name}", raising=False)
    monkeypatch.syspath_prepend(str(BOARDS / "remote"))
    yield importlib.import_module("board")
    for name in ("board", "remote_board", "remote_link", "remote_ports", "remote_streams"):
        sys.modules.pop(name, None)


@pytest.fixture
def side():
    with contextlib.closing(OtherSide()) as side:
        yield side


@pytest.fixture
def pair(remote, side, monkeypatch):
    """(board, other side) after the handshake."""
    monkeypatch.setenv("PILOTLIGHT_REMOTE", side.peer)
    with after_handshake(remote, side, FACTS) as pair:
        yield pair


@contextlib.contextmanager
def after_handshake(remote, side, facts):
    """(board, other side): the board connects to a side with these facts."""
    board = connect(remote, side, "hello 1", facts)
    assert side.hear(8 + 5) == b"hello 1\nsafe\n"
    yield board, side
    board._link.drop(0, "end of the test")


def connect(remote, side, *greeting):
    """A Board, its constructor running beside the other side's greeting."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(remote.Board)
        try:
            side.greet(*greeting)
            side.board = made.result(10)
        finally:
            if not made.done():
                side.close()  # which ends it: the pool would wait for it for ever
    return side.board


def test_capabilities_come_from_the_board_line(pair):
    board, _ = pair
    assert board.capabilities == {
        "outlets": 2,
        "telegrams": True,
        "clamps": 2,
        "max_ma": 32000,
        "contactor_readback": True,
        "proximity": True,
        "residual_current": False,
        "network": True,
        "modem": False,
        "watchdog_ms": 0,
        "hold_ms": 60,
        "guard": False,
        "storage_stall_ms": 0,
    }
    assert (board.clamps.channels, board.clamps.samples, board.clamps.window_ms) == (2, 100, 100)


GEAR = FACTS.replace("colour=3", "lock=1 ventilation=1 test=1")


@pytest.fixture
def geared(remote, side, monkeypatch):
    """(board, other side) with locks, ventilation and a test current, after the handshake."""
    monkeypatch.setenv("PILOTLIGHT_REMOTE", side.peer)
    with after_handshake(remote, side, GEAR) as pair:
        yield pair


def test_gear_follows_out_where_there_is_some(geared):
    board, side = geared
    assert [board.capabilities[key] for key in ("lock", "ventilation", "residual_test")] == [
        True
    ] * 3
    rest = SAFE + b"gear 0 - 0 - 0\n"
    board.commit(1)
    assert side.hear(len(rest)) == rest
    board.outlets[0].set_lock(True)
    board.outlets[1].set_lock(False)
    board.outlets[1].set_ventilation(True)
    board.set_residual_test(True)
    board.commit(2)
    assert side.hear(len(rest)) == SAFE + b"gear 1 1 0 0 1\n"
    board.safe()
    board.commit(3)
    assert side.hear(5 + len(rest)) == b"safe\n" + rest


@pytest.mark.parametrize(("said", "expected"), [("1", True), ("0", False), ("-", None)])
def test_the_contact_of_a_lock(geared, said, expected):
    board, side = geared
    assert board.outlets[0].is_locked is None
    side.say("in 1 8978 -12003 7 220 0 0 " + said)
    board.latch(3)
    assert board.outlets[0].is_locked is expected and board._link.malformed == 0


@pytest.mark.parametrize("end", ["", " 2", " 1 1"])
def test_a_line_without_a_sound_contact_is_malformed(geared, end):
    board, side = geared
    side.say("in 1 8978 -12003 7 220 0 0" + end)
    board.latch(3)
    assert (board.outlets[0].high_mv, board._link.malformed) == (None, 1)


def fields(port):
    closed, tripped = port.contactor_is_closed, port.residual_tripped
    return port.high_mv, port.low_mv, port.taken_ms, port.proximity_ohm, closed, tripped


def test_readings_are_latched(pair):
    board, side = pair
    side.say("in 1 8978 -12003 7 220 0 0", "in 2 -1 0005991 0 - - 1")
    assert board.outlets[0].high_mv is None
    board.latch(3)
    ticks_before_3 = (1 << 30) - 4
    assert fields(board.outlets[0]) == (8978, -12003, ticks_before_3, 220, False, False)
    assert fields(board.outlets[1]) == (-1, 5991, 3, None, None, True)


def test_of_many_readings_the_newest_counts(pair):
    board, side = pair
    side.say(*[f"in 1 {mv} {-mv} 0 - 1 0" for mv in range(1, 400)])
    board.latch(500)
    assert fields(board.outlets[0]) == (399, -399, 500, None, True, False)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "in",
        "in ",
        "nonsense",
        "in 0 1 1 0 - 0 0",
        "in 3 1 1 0 - 0 0",
        "in - 1 1 0 - 0 0",
        "in 1 15001 1 0 - 0 0",
        "in 1 1 -15001 0 - 0 0",
        "in 1 - 1 0 - 0 0",
        "in 1 1 1 - - 0 0",
        "in 1 1 1 -1 - 0 0",
        "in 1 1 1 1001 - 0 0",
        "in 1 1 1 0 100001 0 0",
        "in 1 1 1 0 - 2 0",
        "in 1 1 1 0 - 0 -",
        "in 1 1 1 0 - 0",
        "in 1 1 1 0 - 0 0 0",
        "in 1  1 1 0 - 0 0",
        "in 1 1.0 1 0 - 0 0",
        "in 1 1234567890123 1 0 - 0 0",
        "in 1 --1 1 0 - 0 0",
        "in 1 \xff 1 0 - 0 0",
        "clamps 3 1 0 " + "800" * 100,
        "clamps 1 1 0 " + "800" * 99,
        "clamps 1 1 0 " + "800" * 101,
        "clamps 1 1 0",
        "clamps 1 - 0 " + "800" * 100,
        "out 10000 0 10000 0",
        "x" * 9000,
    ],
    ids=lambda line: line[:24] or "empty",
)
def test_a_malformed_line_is_counted_and_changes_nothing(pair, line):
    board, side = pair
    side.say("in 1 8978 -12003 0 220 0 0")
    board.latch(100)
    was = fields(board.outlets[0])
    side.say(line)
    board.latch(120)
    board.latch(130)
    assert fields(board.outlets[0]) == was
    assert board._link.malformed == 1
    side.say("in 1 5991 -12003 0 220 1 0")
    board.latch(140)
    assert board.outlets[0].high_mv == 5991
    assert board._link.malformed == 1


def test_a_line_in_pieces_is_one_line(pair):
    board, side = pair
    for piece in (b"in 1 89", b"78 -12", b"003 0 - 0 0", b"\nin 2 1"):
        side.send(piece)
        board.latch(50)
    assert board.outlets[0].high_mv == 8978
    assert (board.outlets[1].high_mv, board._link.malformed) == (None, 0)


def window(number, counts, channel=1):
    return f"clamps {channel} {number} 30 " + "".join(f"{count:03X}" for count in counts)


def test_clamp_windows(pair):
    board, side = pair
    buffers = [array("H", bytes(200)) for _ in range(2)]
    first, second = range(100), range(3996, 4096)
    side.say(window(1, first))
    board.latch(1000)
    assert board.clamps.read(buffers) is None  # a channel is missing
    side.say(window(1, second, 2).lower())
    board.latch(1020)
    assert board.clamps.read(buffers) == 990
    assert [list(buffer) for buffer in buffers] == [list(first), list(second)]
    assert board.clamps.read(buffers) is None  # read already
    side.say(window(2, first), window(3, second, 2))
    board.latch(1040)
    assert board.clamps.read(buffers) is None  # two halves are no window


def test_digits_that_are_none_are_counted_when_the_window_is_read(pair):
    board, side = pair
    side.say(window(1, range(100)), "clamps 2 1 0 " + "8g0" * 100)
    board.latch(1000)
    assert board.clamps.read([array("H", bytes(200)) for _ in range(2)]) is None
    assert board._link.malformed == 1


def test_outputs_go_with_commit(pair):
    board, side = pair
    board.outlets[0].set_duty(2666)
    board.outlets[1].set_duty(0)
    board.outlets[1].set_contactor(True)
    board.commit(20)
    board.feed()
    board.safe()
    board.commit(40)
    heard = side.hear(20 + 5 + 5 + 20)
    assert heard == b"out 02666 0 00000 1\nfeed\nsafe\n" + SAFE


def test_lost_and_back_with_everything_open(pair, capsys):
    board, side = pair
    side.say("in 1 5991 -12003 0 220 1 0")
    board.latch(1000)
    side.hang_up()
    board.latch(1020)
    assert board.outlets[0].taken_ms == 1000
    assert board.outlets[0].contactor_is_closed is None
    board.commit(1020)
    board.feed()
    board.safe()
    board.latch(1900)  # not yet
    board.latch(2020)  # connects
    side.greet("hello 1", FACTS)
    board.latch(2040)
    board.latch(2060)
    board.commit(2060)
    assert side.hear(8 + 20) == b"hello 1\n" + SAFE
    said = capsys.readouterr().err.splitlines()
    assert [line.split()[2] for line in said] == ["lost,", "connected"]


def test_silence_for_a_second_is_a_loss(pair):
    board, side = pair
    side.say("in 1 5991 -12003 0 220 1 0")
    board.latch(1000)
    board.latch(1999)
    assert board._link.is_up
    board.latch(2000)
    assert not board._link.is_up
    assert side.connection.recv(10) == b""


def drain(connection):
    """All that comes until it is quiet for 0.2 s."""
    data = b""
    connection.settimeout(0.2)
    with contextlib.suppress(TimeoutError):
        while more := connection.recv(1 << 20):
            data += more
    return data


def test_a_side_that_takes_nothing_gets_whole_lines_only(pair):
    board, side = pair
    begin = time.monotonic()
    while time.monotonic() - begin < 10 and board._link.send(20, board._out):
        pass
    assert board._link.is_up
    for _ in range(100):
        board.commit(20)
    data = drain(side.connection)
    for _ in range(3):
        board.commit(40)
    data += drain(side.connection)
    lines = data.split(b"\n")
    assert len(lines) > 1000
    assert set(lines[:-1]) == {SAFE[:-1]}


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        (("hello 2", FACTS), "hello 1"),
        (("HTTP/1.1 400 Bad Request",), "hello 1"),
        (("hello 1", "board outlets=1"), "clamps"),
        (("hello 1", FACTS.replace("outlets=2", "outlets=9")), "outlets"),
        (("hello 1", FACTS.replace("samples=100", "samples=20")), "samples"),
        (("hello 1",), "nothing heard for 1 s"),
    ],
)
def test_a_wrong_greeting_ends_it_with_one_line(remote, side, monkeypatch, greeting, said):
    monkeypatch.setenv("PILOTLIGHT_REMOTE", side.peer)
    with pytest.raises(OSError, match=said) as raised:
        connect(remote, side, *greeting)
    assert side.peer in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_other_side_may_be_called_localhost(remote, side, monkeypatch):
    monkeypatch.setenv("PILOTLIGHT_REMOTE", side.peer.replace("127.0.0.1", "localhost"))
    assert connect(remote, side, "hello 1", FACTS).capabilities["outlets"] == 2


def test_serial_port(pair, monkeypatch):
    board, _ = pair
    with pytest.raises(OSError, match="PILOTLIGHT_UART_METER is not set"):
        board.uart("meter", 9600, "N", 1)
    control, end = os.openpty()
    tty.setraw(end)
    monkeypatch.setenv("PILOTLIGHT_UART_METER", os.ttyname(end))
    stream = board.uart("meter", 9600, "N", 1)
    buffer = bytearray(4)
    assert stream.readinto(buffer) is None
    os.write(control, b"\x00\x0d\x0a\xff\x11")
    assert until(lambda: unread(end), (5).__eq__) == 5
    assert (stream.readinto(buffer), bytes(buffer)) == (4, b"\x00\x0d\x0a\xff")
    assert (stream.readinto(buffer), buffer[0]) == (1, 0x11)
    assert stream.write(b"\x01\x0a\x03") == 3
    assert received(control, 3) == b"\x01\x0a\x03"
    os.close(end)
    os.close(control)
    with pytest.raises(OSError):
        if until(lambda: stream.readinto(buffer), lambda count: count == 0) == 0:
            raise OSError
    stream.close()
    with pytest.raises(OSError):
        stream.readinto(buffer)


def test_network_connects_to_numbers_only(pair):
    board, _ = pair
    with pytest.raises(OSError, match="numeric"):
        board.network.connect("localhost", 1883)


def test_network_stream(pair):
    board, _ = pair
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = board.network.connect(*server.getsockname())
        other, _ = server.accept()
        buffer = bytearray(8)
        assert until(lambda: stream.write(b"hello")) == 5
        assert stream.readinto(buffer) is None
        assert received(other, 5) == b"hello"
        other.sendall(b"world")
        assert until(lambda: stream.readinto(buffer)) == 5
        assert buffer[:5] == b"world"
        other.close()
        assert until(lambda: stream.readinto(buffer), lambda count: count is not None) == 0
        stream.close()
        with pytest.raises(OSError):
            stream.write(b"x")


def test_network_stream_to_nobody(pair):
    board, _ = pair
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = server.getsockname()
    with pytest.raises(OSError):
        stream = board.network.connect(*where)
        until(lambda: stream.readinto(bytearray(1)))
