"""The guard of the real firmware: contactors open in time whatever the program does. Times in ms.

The instants at which pilots move lie half a millisecond apart all over the 8 ms in which every
input has its turn once.
"""

import pytest
from pico_helpers import OUTLETS, A, Rig, charging, rig, site

OPEN_MS = 60  # from the pilot's move to the coil; 40 ms more are the contactor's (wiring.json)
BOUNCE_MS = 20
CYCLE_MS = 8
ROUNDS = range(4)
LEAVES = (
    ("B, 8.98 V", (8980, -12000)),
    ("B, 8.06 V", (8060, -12000)),
    ("A", A),
    ("E", (0, 0)),
)
FOR_EVER = "any(i < 0 for i in range(1 << 30))"
SHORT = "any(i < 0 for i in range(14400))"
LONG = "stalled 1 s"  # to a guard it is as long as for ever
STALLS = {  # what is typed on the console, and how long before the first pilot moves
    "running": ("", (0, 0, 0, 0)),
    "stalled 100 ms": (SHORT, (5, 30, 60, 90)),
    LONG: ("any(i < 0 for i in range(144000))", (5, 100, 400, 850)),
    "stalled for ever": (FOR_EVER, (5, 100, 500, 1500)),
    "collecting garbage": ("any(gc.collect() is 1 for i in range(1 << 30))", (5, 100, 500, 1500)),
}


def stall(board: Rig, words: str, ms: float = 0) -> None:
    """Let the program be busy with these words for so long already."""
    if words:
        board.said()
        board.type(words.replace("gc.", "__import__('gc')."))
        board.until(100, lambda: board.has_said("\r\n"))  # the echo
        board.go(ms)


def leave(board: Rig, turn: int) -> dict[int, tuple[str, float]]:
    """The four cars leave C 2 ms after each other, each in another way; (way, t_us) of each."""
    moved = {}
    for outlet in OUTLETS:
        name, level = LEAVES[(outlet + turn) % 4]
        board.to_phase((2 * outlet + 0.5 * turn) % CYCLE_MS)
        board.show(level, outlet)
        moved[outlet] = name, board.now_us
    return moved


@pytest.mark.parametrize(
    ("words", "waits"),
    [
        pytest.param(*stall, id=name, marks=pytest.mark.storm if name == LONG else ())
        for name, stall in STALLS.items()
    ],
)
def test_the_coil_falls_in_time(words: str, waits: tuple[float, ...]) -> None:
    took: dict[str, list[float]] = {name: [] for name, _ in LEAVES}
    with rig(site()) as board:
        for turn in ROUNDS:
            if turn:
                board.power_cycle()
            board.charge(*OUTLETS)
            stall(board, words, waits[turn])
            moved = leave(board, turn)
            board.until(100, lambda: not any(board.coils.values()))
            # only the shortest stall ends meanwhile, in its last turns
            assert "False" not in board.said() or (words == SHORT and turn > 1)
            for outlet, (name, at_us) in moved.items():
                [(ms, _, on)] = [it for it in board.switched(at_us) if it[1] == outlet]
                assert not on
                took[name].append(ms)
            assert [e.cause for e in board.resets()] == ["power"] * turn
    for name, times in took.items():
        print(f"{name}: coil off {min(times):.1f}...{max(times):.1f} ms after the pilot moved")
    assert max(max(times) for times in took.values()) <= OPEN_MS


OFF_MV = -112  # such an outlet measures 8.06 V, which is B, where an uncalibrated one has 7.95 V


@pytest.mark.parametrize(
    ("level_mv", "stays"), [(8060, False), (7940, True)], ids=["8.06 V", "7.94 V"]
)
def test_it_knows_what_calibration_has_found(level_mv: int, stays: bool) -> None:
    made = site(1)
    made["outlets"][0]["pilot_cal"] = [12000 + OFF_MV, -12000 + OFF_MV]
    with charging(made, 1) as board:
        stall(board, FOR_EVER, 5)
        board.show((level_mv + OFF_MV, -12000 + OFF_MV), 1)
        moved_us = board.now_us
        board.go(OPEN_MS)
        assert board.coils[1] is stays
        print(f"{level_mv} mV: {board.switched(moved_us)}")


def bounce(board: Rig, level: tuple[float, float]) -> None:
    """Each pilot shows `level` for 20 ms, at all phases in turn; a decision to open takes 45 ms."""
    for turn in ROUNDS:
        ends = []
        for outlet in OUTLETS:
            board.to_phase((2 * outlet + 0.5 * turn) % CYCLE_MS)
            board.show(level, outlet)
            ends.append((board.now_us + 1000 * BOUNCE_MS, outlet))
        for end_us, outlet in ends:
            board.go((end_us - board.now_us) / 1000)
            board.show((6000, -12000), outlet)
        board.go(30)


@pytest.mark.parametrize("words", ["", FOR_EVER], ids=["running", "stalled"])
def test_a_bounce_does_not_open_it(words: str) -> None:
    """Neither the guard nor the control step, of whose readings two see half of it each."""
    with charging(site(), *OUTLETS) as board:
        stall(board, words, 5)
        for _, level in LEAVES:
            bounce(board, level)
        assert "False" not in board.said()
        assert board.resets() == []
        assert all(board.coils.values())
        assert len(board.switched()) == len(OUTLETS)


ADC_CS = 0x4004C000


@pytest.mark.parametrize("words", ["", FOR_EVER], ids=["running", "stalled"])
def test_samples_that_stop_open_all(words: str) -> None:
    with charging(site(), *OUTLETS) as board:
        stall(board, words, 5)
        stopped_us = board.now_us
        board.pico.poke(ADC_CS, 0)
        board.until(100, lambda: not any(board.coils.values()))
        opened = board.switched(stopped_us)
        print(f"all coils off {max(ms for ms, _, _ in opened):.1f} ms after the last sample")
        assert max(ms for ms, _, _ in opened) <= OPEN_MS


def test_without_its_wire_nothing_is_closed() -> None:
    """Nothing counts as known without the guard's beat, so the control step opens."""
    with charging(site(1), 1) as board:
        cut_us = board.now_us
        board.pico.cut_loop()
        board.until(150, lambda: not any(board.coils.values()))
        [(ms, _, _)] = board.switched(cut_us)
        print(f"coil off {ms:.1f} ms after the wire was cut")
        assert ms <= 100
        board.go(1000)
        assert "no pilot reading" in board.ask("why(1)")
        board.power_cycle()
        board.show((6000, -12000))
        started_us = board.now_us
        board.go(2500)
        assert "GP15" in board.said()
        assert board.switched(started_us) == []
        assert not board.is_pwm(1)
        board.pico.cut_loop(False)  # mended, and switched on again
        board.power_cycle()
        board.charge(1)
