"""Recordings on a board that may write no file while a contactor is closed: they wait in raw pages
of flash. ms, mA.
"""

import contextlib
import io
import json
import struct
import zipfile
from pathlib import Path

import pytest
import replay_helpers
from cli_helpers import pilotlight
from pilotlight.services import pages
from pilotlight.wire import record
from pilotlight_host.replay import reader
from pilotlight_host.sim.flashpages import FlashPages, PowerCutError
from replay_helpers import Recorded

SEED = 4  # 8 outlets on two feeders, one behind the other, and offers that rise


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A recorded storm."""
    return Path(Recorded(SEED, tmp_path_factory.mktemp("storm")).run(1500).path)


def with_spool(tmp_path, flash, **keys):
    """A storm on a board that has room for what waits. `closed`: as if a contactor were."""
    storm = Recorded(SEED, tmp_path, stall_ms=45, spool=flash, **keys)
    storm.closed = False
    storm.recorder._may_write = lambda: not storm.closed
    return storm


def all_of(storm):
    """What the files hold, the older first, in the order it was recorded."""
    found = []
    for name in ("record.old", "record.cut", "record.bin"):
        if (Path(storm.path).parent / name).exists():
            found += reader.read_all(str(Path(storm.path).parent / name))
    return found


def test_all_of_a_long_charge_waits_in_flash(tmp_path):
    """No segment is lost and nothing is erased meanwhile; then it all follows in the file."""
    flash = FlashPages()
    storm = with_spool(tmp_path, flash).run(900, is_ended=False)
    storm.closed = True
    size, erases = Path(storm.path).stat().st_size, flash.erases
    storm.run(3000, is_ended=False)
    assert (Path(storm.path).stat().st_size, flash.erases) == (size, erases)
    assert flash.programmed > 10_000 and storm.recorder.pages.lost == 0
    storm.closed = False
    storm.run(300, is_ended=False)
    storm.closed = True
    storm.run(600, is_ended=False)
    storm.recorder.end()
    for _ in range(20):
        list(storm.recorder.look())
    assert not storm.recorder.is_over
    assert "to be written when no outlet charges" in storm.recorder.state()
    storm.closed = False
    storm.end()
    result = replay_helpers.replayed(*all_of(storm))
    assert (result.disagreement, result.gaps, result.missed) == (None, 0, 0)
    assert result.segments == len(storm.states) and storm.recorder.pages.lost == 0
    assert flash.data.count(b"\xff") == len(flash.data)
    assert "to be written" not in storm.recorder.state()


@pytest.mark.parametrize("steps", [30, 90, 200, 400])
def test_a_short_opening_costs_no_room(tmp_path, steps):
    """Nothing, part or all of it is in the file, or erased, as the contactor closes again."""
    flash = FlashPages(count=256)
    storm = with_spool(tmp_path, flash)
    for _ in range(2):
        storm.closed = True
        storm.run(1500, is_ended=False)
        storm.closed = False
        storm.run(steps, is_ended=False)
    storm.closed = True
    storm.run(1000, is_ended=False)
    storm.closed = False
    storm.end()
    result = replay_helpers.replayed(*all_of(storm))
    assert (result.disagreement, result.gaps, storm.recorder.pages.lost) == (None, 0, 0)
    assert result.segments == len(storm.states)


def test_it_is_over_although_a_contactor_closes_before_all_is_erased(tmp_path):
    storm = with_spool(tmp_path, FlashPages())
    storm.closed = True
    storm.run(2000, is_ended=False)
    storm.recorder.end()
    storm.closed = False
    while storm.recorder._spool.waiting_bytes() or not storm.recorder.pages.is_written():
        list(storm.recorder.look())
    storm.closed = True
    storm.end()
    assert "to be written" not in storm.recorder.state()


@pytest.mark.parametrize("opened", [0, 12, 100, 400])
def test_what_waited_as_the_power_went_is_a_file_of_its_own(tmp_path, opened):
    """All but what was in memory, once; the next recording waits behind it meanwhile."""
    flash = FlashPages()
    storm = with_spool(tmp_path, flash).run(900, is_ended=False)
    storm.closed = True
    storm.run(2400, is_ended=False)
    storm.closed = False
    storm.run(opened, is_ended=False)  # some of it is in the file
    before = Path(storm.path).read_bytes()
    again = with_spool(tmp_path, flash)
    again.closed = True
    again.run(900, is_ended=False)
    again.closed = False
    again.run(300)
    assert Path(again.recorder.pages.old_path).read_bytes() == before
    *older, new = all_of(again)
    segments = {one.key: one for recording in older for one in recording.segments}
    numbers = sorted(number for number, _ in segments)
    assert numbers == list(range(len(numbers)))
    assert len(storm.states) - 3 <= len(numbers) <= len(storm.states)
    for recording in older:
        assert replay_helpers.replayed(recording).disagreement is None
    result = replay_helpers.replayed(new)
    assert (result.disagreement, result.gaps, again.recorder.pages.lost) == (None, 0, 0)
    assert result.segments == len(again.states)


def test_a_full_spool_loses_the_oldest_page_in_memory(tmp_path):
    flash = FlashPages(count=96)
    storm = with_spool(tmp_path, flash)
    storm.closed = True
    storm.run(4000, is_ended=False)
    lost = storm.recorder.pages.lost
    assert lost > 0 and f"{lost} segments lost" in storm.recorder.state()
    storm.closed = False
    storm.end()
    result = replay_helpers.replayed(*all_of(storm))
    assert (result.disagreement, result.gaps) == (None, 1)
    assert result.segments == len(storm.states) - lost


def test_a_large_spool_begins_another_file(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "_FILE_BYTES", 9000)
    storm = with_spool(tmp_path, FlashPages()).run(900, is_ended=False)
    storm.closed = True
    storm.run(1500, is_ended=False)
    storm.closed = False
    storm.run(10, is_ended=False)
    storm.end()
    result = replay_helpers.replayed(*all_of(storm))
    assert (result.gaps, result.disagreement) == (0, None)


@pytest.mark.parametrize("part", range(10))
def test_power_goes_in_the_middle_of_a_page_or_an_erase(tmp_path, part):
    """What was whole before is decided again; nothing that was not recorded is told."""
    flash = FlashPages(count=256)
    storm = with_spool(tmp_path, flash)
    storm.closed = True
    flash.cut_after = 3000 * part + 17 * part
    with contextlib.suppress(PowerCutError):
        for _ in range(2):
            storm.run(1500, is_ended=False)
            storm.closed = not storm.closed
            storm.run(60, is_ended=False)
    flash.cut_after = None
    again = with_spool(tmp_path, flash)
    again.run(900)
    for recording in all_of(again):
        assert replay_helpers.replayed(recording).disagreement is None


def test_one_of_another_firmware_does_not_spoil_the_others(file, tmp_path):
    """In what `pilotlight diagnose` writes."""
    data = file.read_bytes()
    header = json.loads(data[4 : 4 + struct.unpack_from("<H", data, 2)[0]]) | {"format": 2}
    other = io.BytesIO()
    record.write_record(other, record.HEADER, json.dumps(header).encode())
    bundle = tmp_path / "home.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("record.old", other.getvalue())
        archive.writestr("record.bin", data)
        archive.writestr("record.new", data + b"\xff" * 100)  # the same, which has waited
    done = pilotlight("replay", bundle)
    assert done.returncode == 0
    assert "left out: " in done.stdout and "its format is 2, expected 3" in done.stdout
    assert "decided again: all the same" in done.stdout
    segments = [len(one.segments) for one in reader.read_all(str(bundle))]
    assert segments == [len(replay_helpers.only(file).segments), 0]
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("record.old", other.getvalue())
    assert "expected 3" in pilotlight("replay", bundle).stderr


def test_a_file_that_ends_within_what_has_waited(tmp_path):
    """Only a part of it has been brought: a header, and not yet all texts."""
    storm = with_spool(tmp_path, FlashPages()).run(900, is_ended=False)
    size = Path(storm.path).stat().st_size
    storm.closed = True
    storm.run(1500, is_ended=False)
    storm.closed = False
    storm.end()
    data = Path(storm.path).read_bytes()
    torn = tmp_path / "torn.bin"
    for length in range(size, min(size + 8192, len(data)), 256):
        torn.write_bytes(data[:length])
        assert replay_helpers.replayed(*reader.read_all(str(torn))).disagreement is None
