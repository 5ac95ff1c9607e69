"""The image `pico_io` on an emulated Pico, spoken to by hand from boards/remote/README.md. Times in
ms, simulated; levels mV at the pilot terminal.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pico_helpers import A, B, C, Rig, rig

BOARD = "pico_io"
BOOT_MS = 700  # a file system is made
HOLD_MS = (60, 70)  # 16 looks of the guard, every 4 ms, and up to 6 ms until the line is read
STEP_MS = 20
EDGES = "edges 1 4000 8000"
FACTS = {
    "outlets": 4, "clamps": 3, "samples": 200, "window_ms": 100, "skew_us": 125, "max_ma": 32000,
    "readback": 1, "proximity": 1, "residual": 1, "test": 1, "guard": 1, "plug": 1, "dimming": 1,
    "watchdog_ms": 2000, "hold_ms": 60,
}  # fmt: skip


class Spoken(Rig):
    """The board, and lines to and from it."""

    def say(self, *lines: str) -> None:
        self.pico.console_write("".join(line + "\n" for line in lines).encode())

    def lines(self) -> list[str]:
        """What it has said since the latest call; a line begun is left for the next one."""
        self._said += self.pico.console_read()
        *whole, rest = self._said.split(b"\n")
        self._said[:] = rest
        return [line.decode() for line in whole]

    def greet(self) -> list[str]:
        self.lines()
        self.say("", "hello 1")
        self.go(10)
        return [line for line in self.lines() if line][:2]

    def hold(self, ms: float, *lines: str) -> None:
        """Say these every 20 ms, for so long."""
        for _ in range(round(ms / STEP_MS)):
            self.say(*lines)
            self.go(STEP_MS)

    def close(self, number: int = 1) -> None:
        """A car in C at this outlet, its coil on."""
        self.show(C, number)
        self.say(EDGES.replace("1", str(number), 1))
        self.hold(60, out(0))
        self.hold(40, out(number))
        assert self.coils[number]


def out(number: int, duty: int = 2666) -> str:
    """The coil of this outlet on, no other."""
    words = [f"{duty:05d} 1" if i == number else "10000 0" for i in (1, 2, 3, 4)]
    return " ".join(["out", *words])


@contextmanager
def booted() -> Iterator[Spoken]:
    with rig(board=BOARD) as made:
        spoken = Spoken(made.pico)
        spoken.show(A)
        spoken.go(BOOT_MS)
        yield spoken


@pytest.fixture(scope="module")
def shared() -> Iterator[Spoken]:
    with booted() as made:
        yield made


@pytest.fixture
def board(shared: Spoken) -> Spoken:
    """One that has just been greeted, no car anywhere."""
    shared.show(A)
    assert len(shared.greet()) == 2
    shared.go(40)
    shared.lines()
    return shared


def test_it_says_nothing_before_it_is_greeted_and_then_what_it_is(shared: Spoken) -> None:
    assert shared.lines() == []
    hello, told = shared.greet()
    assert hello == "hello 1"
    facts = dict(word.split("=") for word in told.removeprefix("board ").split())
    assert {key: int(value) for key, value in facts.items()} == FACTS


def test_another_version_hears_ours_and_moves_nothing(shared: Spoken) -> None:
    shared.say("hello 1")
    shared.go(20)
    shared.lines()
    shared.say("hello 2")
    shared.go(10)
    assert shared.lines()[-2:] == ["", "hello 1"]
    before = len(shared.events)
    shared.hold(100, out(1))
    assert shared.lines() == []
    assert shared.events[before:] == []


def test_readings_come_every_5_ms_and_windows_every_100(board: Spoken) -> None:
    board.show(B, 2)
    board.pico.analog.proximity(2, 220)
    board.pico.analog.temperature(3, 40)
    board.pico.dim()
    board.hold(1000, out(0), "feed")
    lines = board.lines()
    counts = Counter(" ".join(line.split()[:2]) for line in lines)
    assert all(195 <= counts[f"in {number}"] <= 201 for number in (1, 2, 3, 4))
    assert all(9 <= counts[f"clamps {channel}"] <= 11 for channel in (1, 2, 3))
    fields = [int(word) for word in [line for line in lines if line[:4] == "in 2"][-1].split()[2:]]
    high_mv, low_mv, age_ms, ohm, *contacts = fields
    assert (high_mv, low_mv) == (pytest.approx(9000, abs=60), pytest.approx(9000, abs=60))
    assert (age_ms, ohm) == (0, pytest.approx(220, rel=0.03))
    assert contacts == [0, 0, 0]
    windows = [line.split() for line in lines if line.startswith("clamps")]
    assert {len(words[4]) for words in windows} == {600}
    counts_1 = [int(windows[0][4][i : i + 3], 16) for i in range(0, 600, 3)]
    assert all(2000 < count < 2100 for count in counts_1)  # no current, mid-scale
    numbers = [int(words[2]) for words in windows]
    assert numbers == sorted(numbers) and len(set(numbers)) == -(-len(numbers) // 3)
    dimmed, *plugs = [line for line in lines if line.startswith("slow")][-1].split()[1:]
    assert dimmed == "1"
    assert [int(told) for told in plugs] == pytest.approx([20, 20, 40, 20], abs=3)
    board.pico.dim(False)


@pytest.mark.parametrize(
    "wrong",
    [
        "out 02666 1 10000 0 10000 0",
        "out 02666 1 10000 0 10000 0 10000 0 1",
        "out 10001 1 10000 0 10000 0 10000 0",
        "out 02666 2 10000 0 10000 0 10000 0",
        "out 02666 - 10000 0 10000 0 10000 0",
        "out 02666  1 10000 0 10000 0 10000 0",
        "out -2666 1 10000 0 10000 0 10000 0",
        "outs 02666 1 10000 0 10000 0 10000 0",
        "out 02666 1 10000 0 10000 0 10000 0" + " " * 80,
    ],
)
def test_a_line_that_is_not_as_it_must_be_does_nothing_and_refreshes_nothing(
    board: Spoken, wrong: str
) -> None:
    board.close()
    begin_us = board.now_us
    board.hold(100, wrong)
    [(took_ms, outlet, on)] = board.switched(begin_us)
    assert (outlet, on) == (1, False)
    assert took_ms <= HOLD_MS[1]


def test_without_a_refresh_everything_is_off_after_the_hold_and_acts_again(board: Spoken) -> None:
    board.close()
    board.say(out(1))
    begin_us = board.now_us
    board.go(100)
    [(took_ms, _, on)] = board.switched(begin_us)
    print(f"off after {took_ms:.1f} ms")
    assert not on
    assert HOLD_MS[0] <= took_ms <= HOLD_MS[1]
    pilot = [e for e in board.events if e.kind == "pilot" and e.outlet == 1][-1]
    assert (pilot.duty_ppm, pilot.hz) == (1000000, 0)
    board.lines()
    board.hold(40, out(1))
    assert {line.split()[-1] for line in board.lines() if line.startswith("in 1")} == {"1"}
    assert board.is_pwm(1)
    assert not board.coils[1]  # not before it was commanded open
    board.hold(20, out(0))
    board.hold(40, out(1))
    assert board.coils[1]


def test_safe_and_a_new_greeting_are_at_once(board: Spoken) -> None:
    for line in ("safe", "hello 1"):
        board.close()
        begin_us = board.now_us
        board.say(line)
        board.go(10)
        [(took_ms, _, on)] = board.switched(begin_us)
        assert not on
        assert took_ms < 2


def test_a_line_cut_short_by_the_end_of_a_program_harms_nothing(board: Spoken) -> None:
    board.pico.console_write(b"out 0266")
    board.go(5)
    assert len(board.greet()) == 2


def test_without_a_feed_for_2_s_nobody_is_served_any_more(board: Spoken) -> None:
    board.close()
    board.say("feed")
    board.hold(1960, out(1))
    assert board.coils[1]
    board.hold(60, out(1))
    assert not board.coils[1]
    board.lines()
    board.hold(40, out(1))
    assert board.lines() == []
    assert board.resets() == []


def test_the_guard_opens_and_tells(board: Spoken) -> None:
    board.close()
    board.lines()
    begin_us = board.now_us
    board.show(B, 1)
    board.hold(120, out(1))
    [(took_ms, _, on)] = board.switched(begin_us)
    assert not on
    print(f"the guard opened after {took_ms:.0f} ms")
    assert 40 <= took_ms <= 60
    told = [line.split()[-1] for line in board.lines() if line.startswith("in 1")]
    assert (told[0], told[-1]) == ("0", "1")
    board.hold(40, out(1))
    assert not board.coils[1]  # not before it was commanded open
    board.show(C, 1)
    board.hold(60, out(0))
    board.hold(40, out(1))
    assert board.coils[1]


def test_test_current_expires_too(board: Spoken) -> None:
    board.hold(40, out(0), "gear 1 - 0 - 0 - 0 - 0")
    board.say("gear 1 1 0 - 0 - 0 - 0")  # there is no lock: nothing of it is done
    board.go(150)
    told = [bool(e.on) for e in board.events if e.kind == "residual_test"]
    assert told[-2:] == [True, False]


def test_ctrl_c_leaves_the_prompt_with_everything_off_and_ctrl_d_starts_again() -> None:
    with booted() as board:
        board.greet()
        board.close()
        board.pico.console_write(b"\x03")
        board.until(20, lambda: not board.coils[1])
        board.until(200, lambda: board.has_said(">>> "))
        board.go(2500)
        assert board.resets() == []  # the watchdog is fed at the prompt
        board.pico.console_write(b"\x04")
        board.go(700)
        assert board.greet()[0] == "hello 1"


def test_without_the_beat_of_the_guard_it_serves_nobody_and_is_reset() -> None:
    with booted() as board:
        board.greet()
        board.close()
        begin_us = board.now_us
        board.pico.cut_loop()
        board.hold(2400, out(1), "feed")
        [(took_ms, _, on)] = board.switched(begin_us)[:1]
        assert not on
        print(f"off {took_ms:.0f} ms after the wire broke")
        assert took_ms <= 40 + 5 + 4
        assert [reset.cause for reset in board.resets(begin_us)] == ["watchdog"]
