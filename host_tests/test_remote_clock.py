"""boards/remote: the clock of the computer under the program, and how sure it is."""

from pilotlight_host.paths import BOARDS


def clock(now_s, synchronized, monkeypatch):
    monkeypatch.syspath_prepend(str(BOARDS / "remote"))
    from remote_clock import WallClock

    return WallClock(lambda: now_s, str(synchronized))


def test_sure_where_a_server_agrees(tmp_path, monkeypatch):
    file = tmp_path / "synchronized"
    assert clock(1_795_000_000.7, file, monkeypatch).utc() == (1_795_000_000, 600_000)
    file.touch()
    assert clock(1_795_000_000.7, file, monkeypatch).utc() == (1_795_000_000, 1000)


def test_a_computer_that_has_lost_its_time_tells_none(tmp_path, monkeypatch):
    for now_s in (0, 5, 1_700_000_000):
        assert clock(now_s, tmp_path / "none", monkeypatch).utc() is None


def test_by_itself_it_is_the_computer_s(monkeypatch):
    monkeypatch.syspath_prepend(str(BOARDS / "remote"))
    import time

    from remote_clock import WallClock

    told = WallClock().utc()
    assert told is not None and abs(told[0] - time.time()) < 2
