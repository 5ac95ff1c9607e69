"""What a reset keeps and what it does not."""

from emulator_helpers import booted
from pilotlight_host.emulated import Pico, RawRepl

BOOTED_US = 300_000

TELL = """
import machine
names = {machine.PWRON_RESET: "power", machine.WDT_RESET: "watchdog"}
print(names[machine.reset_cause()], machine.mem32[0x40058008], machine.mem32[0x40058024])
"""


def told(pico: Pico) -> list[str]:
    """Cause, reason register and scratch register 6 after a fresh start."""
    pico.run(pico.now_us + BOOTED_US)
    return RawRepl(pico).exec(TELL).split()


def test_resets_of_every_kind() -> None:
    """The reason register tells time-out from force; scratch survives all but losing power."""
    with booted() as (pico, repl):
        repl.exec("import machine, time\nmachine.mem32[0x40058024] = 12345")
        repl.start("machine.reset()")
        (reset,) = pico.run(pico.now_us + 10_000, stop_on_event=True)
        assert reset.cause == "force"
        assert told(pico) == ["watchdog", "2", "12345"]
        pico.run(pico.now_us)

        RawRepl(pico).start("w = machine.WDT(timeout=500)\nw.feed()\nwhile True: pass")
        fed_us = pico.now_us
        (reset,) = pico.run(pico.now_us + 600_000, stop_on_event=True)
        assert reset.cause == "watchdog" and 490_000 < reset.t_us - fed_us < 510_000
        assert told(pico) == ["watchdog", "1", "12345"]
        pico.run(pico.now_us)

        pico.power_cycle()
        (reset,) = pico.run(pico.now_us)
        assert reset.cause == "power"
        assert told(pico) == ["power", "0", "0"]


def test_a_fed_watchdog_lets_the_board_run() -> None:
    with booted() as (pico, repl):
        repl.exec(
            "import machine, time\nw = machine.WDT(timeout=200)\n"
            "for _ in range(10): time.sleep_ms(150); w.feed()\n"
        )
        assert [event for event in pico.run(pico.now_us) if event.kind == "reset"] == []


def test_time_goes_on_through_a_reset_and_the_board_counts_anew() -> None:
    with booted() as (pico, repl):
        repl.start("import machine\nmachine.reset()")
        pico.run(pico.now_us + 10_000, stop_on_event=True)
        reset_us = pico.now_us
        pico.run(reset_us + BOOTED_US)
        ticks = int(RawRepl(pico).exec("import time\nprint(time.ticks_us())"))
        assert 0 <= pico.now_us - reset_us - ticks < 5000
