"""Parts of the commands by themselves: TCP port, trace, labels, dashboard, plain lines."""

import io
import socket
from types import SimpleNamespace

import pytest
from pilotlight.core import status
from pilotlight.core.breaker import Breaker
from pilotlight.core.feeder import Feeder
from pilotlight_host import plot, scenarios
from pilotlight_host.dashboard import picture
from pilotlight_host.live.ports import TcpNetwork
from pilotlight_host.live.view import View
from pilotlight_host.plain import PlainLines, state
from pilotlight_host.sim.simulate import simulate
from rich.console import Console
from waiting import received, unread, until


@pytest.fixture
def network():
    """A network port, its plant, and a server on this machine."""
    plant = SimpleNamespace(network_up=True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield TcpNetwork(plant), plant, server


def test_tcp_carries_bytes_and_tells_the_end(network):
    port, _, server = network
    stream, buffer = port.connect(*server.getsockname()), bytearray(8)
    there, _ = server.accept()
    assert until(lambda: stream.write(b"ping")) == 4
    assert received(there, 4) == b"ping"
    assert stream.readinto(buffer) is None
    there.sendall(b"pong")
    assert until(lambda: stream.readinto(buffer)) == 4
    assert buffer[:4] == b"pong"
    there.close()
    assert until(lambda: stream.readinto(buffer), lambda count: count is not None) == 0
    stream.close()
    with pytest.raises(OSError, match="closed"):
        stream.readinto(buffer)


def test_tcp_stands_still_while_the_network_is_away(network):
    port, plant, server = network
    stream, buffer = port.connect(*server.getsockname()), bytearray(8)
    there, _ = server.accept()
    there.sendall(b"pong")
    plant.network_up = False
    assert until(lambda: unread(stream._socket)) == 4
    assert (port.is_up, stream.readinto(buffer), stream.write(b"x")) == (False, None, None)
    with pytest.raises(OSError, match="unreachable"):
        port.connect(*server.getsockname())
    plant.network_up = True
    assert until(lambda: stream.readinto(buffer)) == 4
    there.close()
    stream.close()


def test_tcp_refused_is_an_error_but_not_at_once(network):
    port, _, server = network
    address = server.getsockname()
    server.close()
    stream = port.connect(*address)
    with pytest.raises(OSError, match="refused"):
        until(lambda: stream.write(b"x"))
    stream.close()


@pytest.fixture(scope="module")
def outcome():
    """first_light on virtual time."""
    return simulate(scenarios.read("first_light"))


def test_the_trace_shows_every_overload_to_within_half_an_amp(outcome):
    above_ms = 0
    rows = outcome.trace.rows
    for row, after in zip(rows, [*rows[1:], (outcome.plant.t_ms,)], strict=True):
        above_ms += (after[0] - row[0]) * (max(row[1][0]) > 35_000)
    assert above_ms / 1000 == pytest.approx(outcome.report["overload_s"], abs=0.5)
    assert max(max(row[1][0]) for row in rows) > 49_000


def test_the_trace_keeps_all_events_the_ring_has_lost_the_first_of(outcome):
    assert outcome.trace.events[0][1].startswith("started")
    assert len(outcome.trace.events) == outcome.app.journal.count


def test_marks_name_the_world_and_the_unusual_and_nothing_routine(outcome):
    outcome.monitor.found.timings[:] = [(9000 + 20 * n, "outlet 1: slow") for n in range(50)]
    texts = [text for _, text, _ in plot.marks(outcome)]
    outcome.monitor.found.timings.clear()
    assert texts.count("outlet 1: slow") == 1
    assert {"kettle", "oven", "car at 1", "2 unplugged", "meter grid: no reply"} <= set(texts)
    assert not [text for text in texts if "C2" in text or "started" in text]


def test_labels_never_overlap_in_a_lane():
    place = plot.lanes(10)
    spans = {}
    for t_ms in range(0, 1500, 70):
        text = "x" * (3 + t_ms % 17)
        lane = place(t_ms, text)
        if lane is not None:
            width = (len(text) + 2) * 10
            begin = t_ms if t_ms < 0.82 * 10 / plot._CHARACTER_SHARE else t_ms - width
            assert all(begin >= e or begin + width <= b for b, e in spans.get(lane, []))
            spans.setdefault(lane, []).append((begin, begin + width))
    assert len(spans) > 1


FEEDER = {
    "feeder": "main",
    "limit_a": 32,
    "rating_a": 35.0,
    "measured_a": [36.0, None, 3.0],
    "true_a": [36.1, 12.0, 3.0],
    "breaker_heat_pct": [80, 20, 10],
    "true_heat_pct": 61.4,
    "has_tripped": False,
    "trust": "hold",
    "sensors": {"clamps": "fresh", "meter grid": "lost"},
}
OUTLET = {
    "outlet": 1,
    "name": "left",
    "state": "C2",
    "car": "C",
    "offered_a": 13.5,
    "drawn_a": 13.2,
    "contactor_is_closed": True,
    "energy_wh": 1234.0,
    "why": "feeder main: L2 is shared out",
    "fault": None,
}


def view(t_ms, events):
    """A view with one feeder and one outlet."""
    links = ["mqtt connected, 9 heard"]
    return View(t_ms, 60_000, 1.0, [FEEDER], [OUTLET], links, 7, "/dev/pts/9", events)


def shown(thing):
    """It as text on a terminal 120 wide."""
    console = Console(file=io.StringIO(), width=120)
    console.print(thing)
    return console.file.getvalue()


def test_the_dashboard_shows_all_that_matters():
    text = shown(picture(view(12_345, [(1000, "kettle")])))
    for words in (
        "36.1 A",
        "unknown",
        "truly 61 %, assumed 80 %",
        "meter grid lost",
        "C2 (car C)",
    ):
        assert words in text
    for words in ("13.5", "13.2", "closed", "1.234", "L2 is shared out", "/dev/pts/9", "kettle"):
        assert words in text
    over, under = (line for line in text.splitlines() if "L1" in line or "L3" in line)
    assert "|" in over
    assert over.count("█") > 30 > under.count("█") > 0


def test_a_tripped_breaker_cannot_be_overlooked():
    tripped = view(0, [])
    tripped.feeders[0] = FEEDER | {"has_tripped": True}
    assert "BREAKER TRIPPED" in shown(picture(tripped))


def test_a_feeder_without_a_sensor_is_shown_as_not_measured():
    bare = view(0, [])
    bare.feeders.append(
        status.of_feeder(0, Feeder("carport", 20000, 0, Breaker("C", 20000), (), ()))
    )
    bare.feeders[1] |= {key: FEEDER[key] for key in ("rating_a", "true_a")}
    bare.feeders[1] |= {"has_tripped": False, "true_heat_pct": 40.0}
    panel = shown(picture(bare)).split("carport")[1]
    assert panel.count("unknown") == 3
    for words in ("36.1 A", "truly 40 %", "not measured"):
        assert words in panel
    assert "carport ? ? ? of 20 A, not measured, heat" in state(bare)


def test_plain_lines_come_at_their_pace_and_events_once():
    lines = PlainLines(io.StringIO(), 1000)
    events = [(100, "oven")]
    for t_ms in range(0, 3000, 250):
        lines.show(view(t_ms, events[: t_ms // 250]))
    said = lines._stream.getvalue().splitlines()
    assert len([line for line in said if "oven" in line]) == 1
    assert [line[:9] for line in said if "offers" in line] == [
        "    0.0 s",
        "    1.0 s",
        "    2.0 s",
    ]
    assert "main 36.0 ? 3.0 of 32 A, hold, heat 80 %" in said[0]
