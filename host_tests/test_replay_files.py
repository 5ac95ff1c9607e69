"""Recordings as files: whole segments, torn tails, turning over, no flash while a car charges; and
`pilotlight replay`. ms, mA.
"""

import asyncio
import json
import re
import struct
from pathlib import Path

import pytest
import replay_helpers
from cli_helpers import pilotlight
from hypothesis import given
from hypothesis import strategies as st
from pilotlight.core.slots import Slots
from pilotlight.services import pages
from pilotlight.wire import record
from pilotlight_host import cli
from pilotlight_host.errors import UserError
from pilotlight_host.replay import reader
from pilotlight_host.replay.decider import Decider
from pilotlight_host.replay.replay import Replay
from replay_helpers import Recorded

SEED = 4  # 8 outlets on two feeders, one behind the other, and offers that rise


@pytest.fixture(scope="module")
def storm(tmp_path_factory):
    """A recorded storm."""
    return Recorded(SEED, tmp_path_factory.mktemp("storm")).run(3000)


@pytest.fixture(scope="module")
def file(storm):
    """Its file."""
    return Path(storm.path)


NUMBERS = st.one_of(
    st.none(), st.booleans(), st.integers(-(1 << 29), 1 << 30), st.integers(-200, 200)
)


@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_what_is_written_is_read(values):
    page, at = bytearray(record.LONGEST * len(values)), 0
    for old, value in zip([None, *values], values, strict=False):
        at = record.put_value(page, at, old, value)
    cursor, old = reader.Cursor(page[:at]), None
    for value in values:
        old = cursor.value(old)
        assert (type(old), old) == (type(value), value)
    assert cursor.is_at_end


# files


def test_any_torn_end_is_cut(file, tmp_path):
    """Power fails at any byte: what is whole before it is decided again."""
    data, whole = file.read_bytes(), replay_helpers.only(file)
    torn = tmp_path / "torn.bin"
    header = reader._SHORTEST + struct.unpack_from("<H", data, 2)[0]
    for length in range(header, len(data), 211):
        torn.write_bytes(data[:length])
        found = replay_helpers.only(torn)
        assert found.cut < length and len(found.segments) <= len(whole.segments)
        if length % 23 == 0:
            assert replay_helpers.replayed(found).disagreement is None
    torn.write_bytes(data[: header - 1])
    with pytest.raises(UserError, match="its beginning is torn"):
        replay_helpers.only(torn)


def test_what_follows_a_flipped_bit_is_left_out(file, tmp_path):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 4
    torn = tmp_path / "torn.bin"
    torn.write_bytes(data)
    found = replay_helpers.only(torn)
    assert len(data) // 3 < found.cut < len(data) * 2 // 3
    assert replay_helpers.replayed(found).disagreement is None


def test_a_full_file_is_turned_over(tmp_path, monkeypatch):
    """Two files, each with all that is needed; together they are one recording."""
    monkeypatch.setattr(pages, "_FILE_BYTES", 9000)
    storm = Recorded(SEED, tmp_path).run(3000)
    old, new = replay_helpers.only(storm.recorder.pages.old_path), replay_helpers.only(storm.path)
    assert Path(storm.recorder.pages.old_path).stat().st_size < 20_000
    for found in (old, new):
        assert replay_helpers.replayed(found).disagreement is None
    replay = Replay(Decider(old.site, old.texts))
    replay.add(old)
    replay.add(new)
    assert (replay.result.gaps, replay.result.disagreement) == (0, None)
    assert new.segments[0].number == old.segments[-1].number + 1
    assert new.segments[-1].number == len(storm.states) - 1


def test_no_flash_is_written_while_a_contactor_is_closed(tmp_path):
    """What does not fit in memory until then is lost, a segment at a time."""
    storm = Recorded(SEED, tmp_path, stall_ms=45)
    units = storm.episode.control.units
    storm.recorder._may_write = lambda: not any(unit.contactor.is_commanded for unit in units)
    look, path, while_closed = storm.look, Path(storm.path), []

    def watched_look():
        before = path.stat().st_size if path.exists() else 0
        look()
        after = path.stat().st_size if path.exists() else 0
        while_closed.append(any(unit.contactor.is_commanded for unit in units))
        assert after == before or not while_closed[-1]

    storm.look = watched_look
    for port in storm.episode.board.outlets:
        port.spare()
    storm.run(3000, is_ended=False)
    assert while_closed.count(True) > 300 and storm.recorder.pages.lost > 0
    assert "to be written when no outlet charges" in storm.recorder.state()
    storm.recorder.end()
    list(storm.recorder.look())
    assert not storm.recorder.is_over
    storm.recorder._may_write = lambda: True
    storm.end()
    found = replay_helpers.only(storm.path)
    result = replay_helpers.replayed(found)
    assert result.disagreement is None and len(found.segments) >= 3
    assert result.segments == len(storm.states) - storm.recorder.pages.lost


def test_a_file_that_cannot_be_written_ends_it_and_says_so(tmp_path):
    storm = Recorded(SEED, tmp_path / "nowhere", is_prepared=False)
    storm.recorder._board.pace = lambda period_ms: storm

    async def step(sleeper):
        for _ in range(4):
            storm.episode._step()

    storm.next = step
    asyncio.run(storm.recorder.run())
    assert "No such file" in storm.recorder.state() and storm.recorder.is_over
    made = storm.recorder.decisions
    for _ in range(100):
        storm.episode._step()
    assert storm.recorder.decisions == made


# the command


def test_replay_tells_what_was_decided(file, storm):
    done = pilotlight("replay", file)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "decided again: all the same"
    result = replay_helpers.replayed(replay_helpers.only(file))
    assert len(lines) == len(result.changes) + 4
    assert lines[1].split()[1:4] == [str(result.changes[0].outlet), "0.0", "6.0"]
    offers = [0] * len(storm.balancer.places)
    for change in result.changes:
        assert offers[change.outlet - 1] == change.from_ma
        offers[change.outlet - 1] = change.to_ma
    assert offers == [place.offered_ma for place in storm.balancer.places]


def test_replay_as_json(file):
    report = json.loads(pilotlight("replay", file, "--json", "-").stdout)
    assert report["agrees"] and report["disagreement"] is None
    assert report["decisions"] > 500 and report["changes"][0]["to_ma"] == 6000


def test_the_first_that_differs_is_named(file, monkeypatch, capsys):
    """Another firmware's rules: here a larger step."""
    from pilotlight.core import balance

    monkeypatch.setattr(balance, "_STEP_MA", 500)
    assert cli.main(["replay", str(file)]) == 1
    said = capsys.readouterr().out
    assert re.search(
        r"is not the same: outlet \d, offered_ma: recorded \d+, now \d+[05]00\b", said
    )


def test_another_setting(file):
    report = json.loads(
        pilotlight("replay", file, "--set", "outlets[0].max_a=7", "--json", "-").stdout
    )
    assert report["agrees"]
    of_first = [row for row in report["differences"] if row["outlet"] == 1]
    assert of_first and all(row["other_ma"] <= 7200 for row in of_first)
    done = pilotlight("replay", file, "--set", "outlets[0].max_a=7")
    assert (
        done.returncode == 0 and "all that was measured and told stays as recorded" in done.stdout
    )
    assert "outlet 1: offered" in done.stdout


def test_the_same_setting_makes_no_difference(file, storm):
    """It is decided with the numbers of the board, whatever has been tuned meanwhile."""
    rating_a = storm.site["feeders"][0]["rating_a"]
    done = pilotlight("replay", file, "--set", f"feeders[0].rating_a={rating_a}")
    assert "nothing would have been decided differently" in done.stdout


def test_a_setting_counts_whatever_the_board_had(tmp_path):
    """The site file says 10 A, but more was tuned: with that nothing would have been different."""
    storm = Recorded(SEED, tmp_path)
    storm.recorder.pages._site["feeders"][0]["limit_a"] = 10
    storm.run(3000, lambda: None)
    limit_a = storm.balancer.feeders[0].limit_ma / 1000
    same, less = (
        json.loads(pilotlight("replay", storm.path, "--set", word, "--json", "-").stdout)
        for word in (f"feeders[0].limit_a={limit_a}", "feeders[0].limit_a=10")
    )
    assert same["agrees"] and less["agrees"] and same["decisions"] > 500
    assert same["differences"] == [] and less["differences"]
    assert sum(other for _, other in less["mean_ma"]) < sum(was for was, _ in less["mean_ma"])


WRONG = [
    ("feeders[0].limit_a=999", "feeders[0].limit_a: 999 is wrong, expected a number 6...250"),
    ("site.policy=x", 'site.policy: "x" is wrong, expected one of equal, priority, first-come'),
    ("feeders[7].limit_a=10", "feeders[7].limit_a: no such key"),
    ("meters[0].poll_ms=500", "can set limit_a, rating_a"),
    ("feeders", "expected key=value"),
    ("feeders[0].import_w=9000", "where the site has them, neither added nor taken away"),
    ("outlets[0].max_a=80", "expected at most 32"),
    ("outlets[0].min_a=2", "outlets[0].min_a: 2 is wrong"),
]


@pytest.mark.parametrize(("word", "told"), WRONG)
def test_a_wrong_setting_is_named(word, told, file, capsys):
    assert cli.main(["replay", str(file), "--set", word]) == 2
    assert told in capsys.readouterr().err


def test_files_that_are_no_recording(file, tmp_path, capsys, monkeypatch):
    wrong = tmp_path / "wrong.bin"
    wrong.write_bytes(b"hello")
    assert cli.main(["replay", str(wrong)]) == 2
    assert "is no recording" in capsys.readouterr().err
    assert cli.main(["replay", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    monkeypatch.setattr(record, "FORMAT", 4)
    assert cli.main(["replay", str(file)]) == 2
    assert "its format is 3, expected 4" in capsys.readouterr().err
    monkeypatch.undo()
    find = Slots.find

    def more(found):
        found._owners[0].another = 0
        yield from find(found)

    monkeypatch.setattr(Slots, "find", more)
    assert cli.main(["replay", str(file)]) == 2
    assert "stand on other numbers: replay it with that version" in capsys.readouterr().err
