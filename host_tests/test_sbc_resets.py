"""What the board `linux_sbc` remembers over an end of the program: boards/linux_sbc/sbc_resets.py."""

import json
import os
from pathlib import Path
from types import ModuleType

import pytest
from pilotlight_host.paths import BOARDS


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BOARDS / "linux_sbc"))
    import sbc_resets

    return sbc_resets


def test_numbers_outlive_the_program(module: ModuleType, tmp_path: Path) -> None:
    path = str(tmp_path / "resets.json")
    first = module.Resets(path, 2)
    assert (first.had_no_power, first.is_latched, first.kept(0), first.kept(1)) == (
        True,
        False,
        0,
        0,
    )
    first.keep(1, 5)
    first.close()
    again = module.Resets(path, 2)
    assert (again.had_no_power, again.kept(0), again.kept(1)) == (False, 0, 5)
    again.keep(1, 0)
    again.close()
    assert module.Resets(path, 2).kept(1) == 0


@pytest.mark.parametrize("content", ["", "[1", '["another start", [0, 5]]', "7", "[]", "{}"])
def test_of_another_start_or_damaged_they_do_not_count(
    module: ModuleType, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "resets.json"
    file.write_text(content)
    found = module.Resets(str(file), 2)
    assert (found.had_no_power, found.kept(1)) == (True, 0)
    assert json.loads(file.read_text())[1] == [0, 0]


def test_another_number_of_outlets_counts_as_no_power(module: ModuleType, tmp_path: Path) -> None:
    path = str(tmp_path / "resets.json")
    first = module.Resets(path, 2)
    first.keep(0, 5)
    first.close()
    assert module.Resets(path, 3).had_no_power


def test_it_is_written_on_change_only(module: ModuleType, tmp_path: Path) -> None:
    found = module.Resets(str(tmp_path / "resets.json"), 1)
    found.keep(0, 3)
    found.close()
    (tmp_path / "resets.json").unlink()
    found.keep(0, 3)
    found.close()
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_the_program_goes_on(
    module: ModuleType, tmp_path: Path
) -> None:
    found = module.Resets(str(tmp_path / "none" / "resets.json"), 1)
    found.keep(0, 3)
    found.close()
    assert found.kept(0) == 3


def test_the_control_step_does_not_wait_for_a_card_that_stalls(
    module: ModuleType, tmp_path: Path
) -> None:
    """A pipe whose other end nobody has opened: opening it waits, as a card may."""
    found = module.Resets(str(tmp_path / "resets.json"), 2)
    stalled = tmp_path / "resets.json.new"
    os.mkfifo(stalled)
    found.keep(0, 3)  # would stay here
    found.keep(1, 4)
    with open(stalled) as end:
        assert json.load(end)[1] == [3, 4]
    found.close()
