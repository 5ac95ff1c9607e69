"""`pilotlight console`, at an emulated Pico that charges: with a person at a terminal, and from a
pipe.
"""

import time
from pathlib import Path

import pytest
from cli_helpers import command
from pico_helpers import OUTLETS, Rig, charging, site
from pico_person import Person
from pilotlight_host.errors import UserError
from pilotlight_host.hand.hour import SPAN_S, Hour, parse
from pilotlight_host.hand.talk import LOOK_S
from terminal import Terminal

STATUS = """feeder main: 21.0, ?, 19.5 of 35.0 A (fresh), breaker 48 %
outlet 1 (C2): 17.6 A, supply: rising step by step, for 8 s
outlet 2 (A1): 0.0 A, supply: no car to supply"""


def has_opened(board: Rig, before: int) -> bool:
    return any(event.kind == "contactor" for event in board.events[before:])


def test_a_person_at_a_terminal(tmp_path: Path) -> None:
    with charging(site(2), *OUTLETS[:2]) as board:
        person = Person(board)
        terminal = Terminal(person, tmp_path)
        before = len(board.events)
        # below the line stands what the site says, without a question
        terminal.shows("help() shows", "feeder main:", "outlet 2 (C2)")
        terminal.type("wh\t")
        terminal.shows("> why(")
        terminal.type("2)\r")
        terminal.shows("> why(2)\noutlet 2 (C2): ")
        terminal.type("tune()\r")
        terminal.shows("outlets[1].max_a = 16")
        terminal.type('tune("outlets[1].max\t')
        terminal.shows('> tune("outlets[1].max_a",')
        terminal.type("14)\r")
        terminal.shows("outlets[1].max_a = 14 (was 16): acts now")
        terminal.type("half a li\x03")  # Ctrl-C clears the line, and does no more
        terminal.type("limit(1, 8)\r")
        terminal.shows("outlet 1: 8 A at most")
        terminal.type("\x1b[200~limit(1, 9)\nlimit(1, 900)\nlimit(1, 7)\x1b[201~\r")
        terminal.shows("outlet 1: 9 A at most", "ValueError", "not sent: 1 more lines")
        assert "7 A at most" not in terminal.text()
        picture = tmp_path / "hour.png"
        seen_s = time.monotonic() + 3 * LOOK_S
        terminal.until(lambda: time.monotonic() > seen_s)
        terminal.type(f".plot {picture}\r")
        terminal.shows("hour.png: ", "samples")
        terminal.type(f".log {tmp_path / 'events.txt'}\r")
        terminal.shows("events.txt: ")
        terminal.type(".what\r")
        terminal.shows(".what: try .help")
        assert not has_opened(board, before)
        assert terminal.leave() == 0
        terminal.close()
        person.close()
        assert not has_opened(board, before)
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert "outlet 1: C2" in (tmp_path / "events.txt").read_text()
        assert "limit(1, 8)" in (tmp_path / ".pilotlight_history").read_text()


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        ("why(1)\nlimit(1, 8)\n", 0, "outlet 1: 8 A at most"),
        ("nothing()\nlimit(1, 8)\n", 1, "outlet 1: 8 A at most"),
        (".quit\nlimit(1, 8)\n", 0, ""),
    ],
)
def test_lines_from_a_pipe(lines: str, code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text(lines)
    with charging(site(1), 1) as board, (tmp_path / "lines").open() as file:
        person = Person(board)
        words = command("console", "--port", person.path)
        process = person.start(*words, stdin=file)
        found, told = person.end_of(process)
        person.close()
    assert found == code
    assert said in told


def test_status_as_numbers() -> None:
    sample = parse(7.0, STATUS)
    assert sample.feeders == {"main": ([21.0, None, 19.5], 35.0)}
    assert sample.offers == {1: 17.6, 2: 0.0}


def test_an_hour_is_kept_and_drawn(tmp_path: Path) -> None:
    hour = Hour()
    with pytest.raises(UserError, match="nothing to draw yet"):
        hour.draw(str(tmp_path / "no.png"))
    for at_s in range(0, 4000, 100):
        hour.take(float(at_s), STATUS)
        hour.take(float(at_s), "ValueError: no")
    assert len(hour.samples) == SPAN_S // 100 + 1
    hour.draw(str(tmp_path / "hour.png"))
    assert (tmp_path / "hour.png").read_bytes().startswith(b"\x89PNG")
    for file in (tmp_path / "none" / "hour.png", tmp_path / "hour.nothing"):
        with pytest.raises(UserError, match=r"hour\.\w+: cannot be written"):
            hour.draw(str(file))
