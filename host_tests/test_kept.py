"""services.kept and orderlog on files: torn, damaged, full; and on a real littlefs without power."""

import os
import subprocess

import pytest
from pilotlight.services.kept import Kept
from pilotlight.services.orderlog import OrderLog
from pilotlight_host.paths import HOST_TESTS
from test_both_interpreters import mpy_environment

ROW = [0, 1, 20, None, "begin", 4200, "network", 900]


def test_a_power_cut_at_any_byte_leaves_the_old_or_the_new(micropython):
    script = HOST_TESTS / "mpy/kept_probe.py"
    done = subprocess.run(
        [micropython, "-X", "heapsize=8m", script],
        env=mpy_environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # files that were open when the power went are closed by the collector, which complains
    rows = [line.split() for line in done.stdout.splitlines() if line[:4] in ("kept", "log-")]
    found = {name: [int(number) for number in numbers] for name, *numbers in rows}
    assert list(found) == [
        *("kept-first", "kept-second", "kept-many"),
        *("log-first", "log-many", "log-full"),
    ]
    for name, (cuts, old, new, torn) in found.items():
        assert cuts >= 256 and old > 0 and new > 0 and old + new == cuts, name
        # that a file is new is there before what is in it
        assert (torn > 0) == (name in ("kept-first", "kept-second")), name


def kept(folder, count):
    """That many values, one after the other."""
    made = Kept(str(folder / "kept"))
    for n in range(1, count + 1):
        made.save([[["network", n, None]], {}])
    return made


def loaded(folder):
    """What counts, and the names of damaged files."""
    value, damaged = Kept(str(folder / "kept")).load()
    return value and value[0][0][1], [path.rpartition("/")[2] for path in damaged]


def test_the_newest_counts_and_nothing_is_no_damage(tmp_path):
    assert loaded(tmp_path) == (None, [])
    for count in range(1, 20):
        kept(tmp_path, 1)
        again = Kept(str(tmp_path / "kept"))
        again.load()
        again.save([[["network", count, None]], {}])
        assert loaded(tmp_path) == (count, [])


@pytest.mark.parametrize(("count", "newest"), [(6, "kept.a"), (7, "kept.b")])
def test_a_torn_or_damaged_file_leaves_the_one_before(tmp_path, count, newest):
    kept(tmp_path, count)
    path = tmp_path / newest
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert loaded(tmp_path) == (count - 1, [newest]), length
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 16]) + whole[i + 1 :])
        assert loaded(tmp_path) == (count - 1, [newest]), i
    # the next one replaces what is damaged
    again = Kept(str(tmp_path / "kept"))
    again.load()
    again.save([[["network", 99, None]], {}])
    assert loaded(tmp_path) == (99, [])


def test_both_damaged_are_both_named(tmp_path):
    kept(tmp_path, 2)
    (tmp_path / "kept.a").write_bytes(b"\xff" * 4096)
    (tmp_path / "kept.b").unlink()
    (tmp_path / "kept.b").mkdir()  # cannot be read at all
    assert loaded(tmp_path) == (None, ["kept.a", "kept.b"])


def test_a_storage_that_takes_nothing_leaves_the_newest(tmp_path):
    made = kept(tmp_path, 4)
    older = tmp_path / "kept.b"
    older.unlink()
    older.symlink_to("/dev/full")
    for _ in range(3):
        with pytest.raises(OSError, match="No space left"):
            made.save([[["network", 5, None]], {}])
    older.unlink()
    assert loaded(tmp_path) == (4, [])
    made.save([[["network", 6, None]], {}])
    assert loaded(tmp_path) == (6, [])


# ------------------------------------------------------------------ the record of orders


def numbers(folder):
    return [record[0] for record in OrderLog(str(folder)).last()]


def rows(first, count):
    return [[n, *ROW[1:]] for n in range(first, first + count)]


def test_records_come_back_as_they_were(tmp_path):
    assert OrderLog(str(tmp_path)).last() == []
    OrderLog(str(tmp_path)).append([ROW])
    OrderLog(str(tmp_path)).append(rows(1, 2))
    assert OrderLog(str(tmp_path)).last() == [ROW, *rows(1, 2)]
    OrderLog(str(tmp_path)).append(rows(3, 40))
    assert numbers(tmp_path) == list(range(23, 43))


def test_a_torn_tail_is_nobodys_record_and_the_next_one_is_whole(tmp_path):
    OrderLog(str(tmp_path)).append(rows(0, 3))
    path = tmp_path / "orders.log"
    before = path.read_bytes()
    OrderLog(str(tmp_path)).append(rows(3, 1))
    after = path.read_bytes()
    for length in range(len(before), len(after) + 1):
        path.write_bytes(after[:length])
        whole = [0, 1, 2, 3] if length == len(after) else [0, 1, 2]
        assert numbers(tmp_path) == whole, length
        OrderLog(str(tmp_path)).append(rows(7, 1))
        assert numbers(tmp_path) == [*whole, 7], length


def test_what_is_damaged_is_left_out(tmp_path):
    OrderLog(str(tmp_path)).append(rows(0, 5))
    path = tmp_path / "orders.log"
    data = path.read_bytes()
    at = data.index(b"[2,") + 1
    path.write_bytes(data[:at] + b"9" + data[at + 1 :])
    assert numbers(tmp_path) == [0, 1, 3, 4]


def test_two_files_hold_what_the_docs_say(tmp_path):
    """No fewer than 400 orders, each with its begin and end."""
    log = OrderLog(str(tmp_path))
    wide = [999999, 9999, 99999999, 999999999, "begin", 250000, "network", 432000]
    before = 0
    for n in range(3000):
        log.append([[n, *wide[1:]]])
        kept = sum(
            path.read_bytes().count(b"\n") for path in tmp_path.iterdir() if "orders." in path.name
        )
        assert kept > before or kept >= 800
        before = kept
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2 * (65536 + 100)
    assert numbers(tmp_path) == list(range(2980, 3000))
    os.rename(tmp_path / "orders.log", tmp_path / "orders.old")  # cut before the first line
    assert numbers(tmp_path) == list(range(2980, 3000))
