"""What the real firmware does when it stalls or fails: reset, outputs off, back by itself, and after
the third time in ten minutes not any more. Times in ms.
"""

import pytest
from pico_helpers import AFTER_RESET_MS, COILS, OUTLETS, PILOTS, C, Rig, charging, rig, site

FOR_EVER = "any(i < 0 for i in range(1 << 30))"
ASLEEP = "__import__('time').sleep(9)"  # the same for the watchdog, and quick to emulate
BITE_MS = 2100  # from the beginning of the stall
REST_MS, X1_MS = 5000, 3000  # after a reset, as ever
SCRATCH = 0x4005800C  # mark; ages of the last two resets, 14 bits each, s; latch
LATCHED = "the board was reset three times"


def bite(board: Rig, words: str = ASLEEP) -> float:
    """The program stalls until the watchdog resets the board; when it did, us."""
    board.until(1000, board.runs)
    stalled_us = board.now_us
    board.type(words)
    board.until(3000, lambda: bool(board.resets(stalled_us)))
    [reset] = board.resets(stalled_us)
    assert reset.cause == "watchdog"
    return reset.t_us


def restart(board: Rig) -> None:
    """A reset that somebody asks for."""
    board.until(1000, board.runs)
    asked_us = board.now_us
    board.type("__import__('machine').reset()")
    board.until(300, lambda: bool(board.resets(asked_us)))
    assert board.resets(asked_us)[0].cause == "force"


def poke_ages(board: Rig, first_s: int, second_s: int) -> None:
    board.pico.poke(SCRATCH + 4, second_s << 14 | first_s)


def test_a_stall_ends_in_a_reset_and_the_site_comes_back() -> None:
    with charging(site(), *OUTLETS) as board:
        board.go(100)
        stalled_us = board.now_us
        reset_us = bite(board, FOR_EVER)
        print(f"reset {(reset_us - stalled_us) / 1000:.0f} ms after the stall began")
        assert reset_us - stalled_us <= 1000 * BITE_MS
        # the guard was quiet, the cars were in C: it is the reset that opens, at its very instant
        assert [(ms, on) for ms, _, on in board.switched(stalled_us)] == [
            ((reset_us - stalled_us) / 1000, False)
        ] * len(OUTLETS)
        pins = board.pico.pins()
        assert not any(pins[pin]["output"] for pin in (*COILS.values(), *PILOTS.values()))
        assert not any(pins[pin]["level"] for pin in COILS.values())
        assert all(pins[pin]["level"] for pin in PILOTS.values())
        board.until(AFTER_RESET_MS, lambda: board.is_pwm(*OUTLETS))
        assert board.now_us - reset_us >= 1000 * X1_MS
        assert not any(board.coils.values())
        board.until(AFTER_RESET_MS, lambda: any(board.coils.values()))
        assert board.now_us - reset_us >= 1000 * REST_MS
        board.until(AFTER_RESET_MS, lambda: all(board.coils.values()))
        print(f"charging again {(board.now_us - reset_us) / 1000:.0f} ms after the reset")
        assert not board.resets(reset_us + 1)


def test_the_third_reset_in_ten_minutes_latches_until_a_person_acknowledges() -> None:
    with rig(site(1)) as board:
        board.show(C)
        for _ in range(3):
            reset_us = bite(board)
        board.go(AFTER_RESET_MS)
        assert board.switched(reset_us) == []
        assert not board.is_pwm(1)
        assert LATCHED in board.ask("status()")
        assert LATCHED in board.ask("why(1)")
        restart(board)  # does not help
        board.go(1500)
        assert not board.is_pwm(1)
        assert board.ask("resume(1)") == "outlet 1: released"
        board.until(REST_MS, lambda: board.coils[1])
        assert "acknowledged" in board.ask("log()")
        reset_us = bite(board)  # counts from anew
        board.until(AFTER_RESET_MS, lambda: board.coils[1])


def test_a_residual_current_stays_through_resets_until_a_person_acknowledges() -> None:
    with charging(site(), 1, 2) as board:
        board.pico.analog.residual(1, True)
        board.until(100, lambda: not board.coils[1])
        board.pico.analog.residual(1, False)
        reset_us = bite(board)
        board.until(AFTER_RESET_MS, lambda: board.coils[2])  # a neighbour goes on
        assert "residual current" in board.ask("why(1)")
        restart(board)
        board.go(AFTER_RESET_MS)
        assert not any(number == 1 for _, number, on in board.switched(reset_us) if on)
        assert not board.is_pwm(1)
        assert board.ask("resume(1)") == "outlet 1: released"
        board.until(3000, lambda: board.coils[1])
        restart(board)
        board.until(AFTER_RESET_MS, lambda: board.coils[1])


def test_the_button_acknowledges_when_it_is_held_for_3_s() -> None:
    with rig(site(1)) as board:
        board.show(C)
        board.until(1000, board.runs)
        board.pico.poke(SCRATCH + 8, 1)
        restart(board)
        board.until(1000, board.runs)
        board.pico.press_button()
        board.go(2500)
        board.pico.press_button(False)
        board.go(500)
        assert not board.is_pwm(1)
        pressed_us = board.now_us
        board.pico.press_button()
        board.until(3600, lambda: board.is_pwm(1))
        assert board.now_us - pressed_us >= 2_900_000
        board.pico.press_button(False)
        board.until(2000, lambda: board.coils[1])


def test_resets_that_somebody_asks_for_do_not_latch() -> None:
    with rig(site(1)) as board:
        for _ in range(4):
            restart(board)
        board.go(X1_MS)
        board.charge(1)


@pytest.mark.parametrize(("second_s", "latches"), [(595, True), (605, False)])
def test_only_resets_of_the_last_ten_minutes_count(second_s: int, latches: bool) -> None:
    """The last but one was so long ago."""
    with rig(site(1)) as board:
        board.show(C)
        board.until(1000, board.runs)
        board.type(ASLEEP)
        board.go(500)
        poke_ages(board, 300, second_s)
        board.until(2000, lambda: bool(board.resets()))
        if latches:
            board.go(AFTER_RESET_MS)
            assert not board.is_pwm(1)
            assert LATCHED in board.ask("why(1)")
        else:
            board.until(AFTER_RESET_MS, lambda: board.coils[1])


def test_ages_grow_with_time() -> None:
    with rig(site(1)) as board:
        bite(board)
        board.until(1000, board.runs)
        board.go(3000)
        ages = board.pico.peek(SCRATCH + 4)[0]
        assert (ages & 0x3FFF) in (2, 3)


FAIL = "setattr(__import__('pilotlight.services.control', None, None, ('x',)).Control, 'step', {})"


@pytest.mark.parametrize("step", ["lambda self, now_ms: 1 // 0", "None"])
def test_an_exception_out_of_the_control_step_opens_at_once_and_resets(step: str) -> None:
    with charging(site(), *OUTLETS) as board:
        asked_us = board.now_us
        board.type(FAIL.format(step))
        board.until(200, lambda: not any(board.coils.values()))
        print(f"coils off {board.switched(asked_us)[-1][0]:.0f} ms after it was typed")
        failed_us = board.now_us
        assert board.resets() == []
        board.until(BITE_MS, lambda: bool(board.resets()))
        assert board.resets()[0].cause == "watchdog"
        assert not board.is_pwm(*OUTLETS)
        assert board.switched(failed_us) == []
        assert "Error" in board.said()
        board.until(AFTER_RESET_MS, lambda: all(board.coils.values()))
