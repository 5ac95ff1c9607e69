"""Pins of the emulated board: PWM, events, what a reset leaves, the guard loop, the button."""

from collections.abc import Iterator
from typing import Any

import pytest
from emulator_helpers import START_SLICES, booted, wiring
from pilotlight_host.emulated import Pico, RawRepl

Booted = tuple[Pico, RawRepl]


@pytest.fixture(scope="module")
def board() -> Iterator[Booted]:
    with booted() as pair:
        yield pair


def test_pilots_and_contactors_tell_their_time(board: Booted) -> None:
    """An event carries the instant of the instruction, and the duty comes from the registers."""
    pico, repl = board
    repl.exec(START_SLICES)
    pico.run(pico.now_us)
    print_us = repl.exec(
        "c = Pin(18, Pin.OUT, value=0)\n"
        "before = time.ticks_us(); c(1); after = time.ticks_us()\n"
        "mem32[PWM + 20 + 12] = 16667 | 62500 << 16\n"
        "print(before, after)"
    )
    before, after = (int(word) for word in print_us.split())
    events = {(event.kind, event.outlet): event for event in pico.run(pico.now_us + 2000)}
    contactor = events["contactor", 1]
    assert contactor.on and before <= contactor.t_us <= after + 1
    assert (events["pilot", 1].duty_ppm, events["pilot", 1].hz) == (266672, 1000)
    assert (events["pilot", 2].duty_ppm, events["pilot", 2].hz) == (1_000_000, 0)  # above TOP
    assert ("pilot", 3) not in events


def test_a_new_duty_acts_when_the_counter_wraps(board: Booted) -> None:
    """CC is double-buffered: the event comes at the end of the running period, not before."""
    pico, repl = board
    repl.exec(START_SLICES)
    pico.run(pico.now_us)
    counter = repl.exec(
        "import gc; gc.collect()\n"  # none between reading the clock and the write
        "while mem32[PWM + 20 + 8] > 1000: pass\n"
        "written = time.ticks_us(); mem32[PWM + 20 + 12] = 25000 | 31250 << 16\n"
        "print(written)"
    )
    (event,) = [e for e in pico.run(pico.now_us + 2000) if e.kind == "pilot"]
    assert event.duty_ppm == 400_000
    assert 950 < event.t_us - int(counter) < 1001


@pytest.mark.parametrize(
    ("code", "duty_ppm", "hz"),
    [
        ("Pin(2, Pin.OUT, value=0)", 0, 0),
        ("Pin(2, Pin.IN)", 1_000_000, 0),  # released: the comparator's pull-up
        ("Pin(2, Pin.OUT, value=0); Pin(2, Pin.IN, Pin.PULL_DOWN)", 1_000_000, 0),
        ("machine.PWM(Pin(2), freq=1000, duty_u16=6554)", 100_006, 1000.002),
        ("machine.PWM(Pin(2), freq=1000, duty_u16=65535)", 1_000_000, 0),
    ],
)
def test_duty_of_a_pilot(board: Booted, code: str, duty_ppm: int, hz: float) -> None:
    pico, repl = board
    repl.exec(
        "import machine\nfrom machine import Pin\nmachine.PWM(Pin(2), freq=999, duty_u16=999)"
    )
    pico.run(pico.now_us + 3000)
    repl.exec(code)
    latest = [e for e in pico.run(pico.now_us + 3000) if e.kind == "pilot" and e.outlet == 1][-1]
    assert (latest.duty_ppm, latest.hz) == (duty_ppm, hz)


def test_a_reset_lets_go_of_every_pin(board: Booted) -> None:
    """Contactors drop and pilots rise at the instant of the reset, without any code running."""
    pico, repl = board
    repl.exec(
        "import machine\nfrom machine import Pin\n"
        "for n in (2, 3, 4, 5): Pin(n, Pin.OUT, value=0)\n"
        "for n in (9, 17, 18, 19, 22, 25): Pin(n, Pin.OUT, value=1)\n"
    )
    pico.run(pico.now_us)
    pico.console_write(b"machine.reset()\x04")
    events = pico.run(pico.now_us + 20_000, stop_on_event=True)
    reset = next(event for event in events if event.kind == "reset")
    fallen = {event.outlet for event in events if event.kind == "contactor" and not event.on}
    risen = {e.outlet for e in events if e.kind == "pilot" and (e.duty_ppm, e.hz) == (10**6, 0)}
    assert reset.cause == "force"
    assert fallen == risen == {1, 2, 3, 4}
    assert {event.t_us for event in events} == {reset.t_us}
    pins = pico.pins()
    assert not any(pin["output"] for pin in pins)
    assert {pin["pull"] for pin in pins} == {"down"}
    pico.run(pico.now_us + 300_000)
    RawRepl(pico)  # it has started again


HARD_IRQ = """
from machine import Pin
edges = 0
def edge(pin):
    global edges
    edges += 1
watched = Pin(15, Pin.IN)
watched.irq(edge, Pin.IRQ_RISING | Pin.IRQ_FALLING, hard=True)
"""


def test_the_guard_loop_beats_until_its_wire_is_cut() -> None:
    """250 Hz on GP14 reach GP15 as hard interrupts, also while Python never yields."""
    with booted() as (pico, repl):
        repl.exec(START_SLICES + HARD_IRQ)
        busy = "end = time.ticks_us() + 100_000\nwhile time.ticks_us() < end: pass\n"
        assert int(repl.exec(f"edges = 0\n{busy}print(edges)")) in (50, 51)
        pico.cut_loop()
        assert int(repl.exec(f"edges = 0\n{busy}print(edges)")) == 0
        pico.cut_loop(False)
        assert int(repl.exec(f"edges = 0\n{busy}print(edges)")) in (50, 51)


def test_an_interrupt_on_a_pad_that_pwm_drives() -> None:
    """An output's own edges are seen by its input."""
    with booted() as (_, repl):
        repl.exec(START_SLICES + HARD_IRQ.replace("Pin(15, Pin.IN)", "Pin(16)"))
        count = "mem32[0x40014004 + 8 * 16] = 4\nedges = 0; time.sleep_ms(80); print(edges)"
        assert int(repl.exec(count)) in (20, 21)


@pytest.mark.parametrize(("pin", "close"), [(11, Pico.press_button), (13, Pico.dim)])
def test_a_button_and_a_contact_to_ground(board: Booted, pin: int, close: Any) -> None:
    pico, repl = board
    repl.exec(f"from machine import Pin\nb = Pin({pin}, Pin.IN, Pin.PULL_UP)")
    assert repl.exec("print(b())") == "1\n"
    close(pico)
    assert repl.exec("print(b())") == "0\n"
    close(pico, False)
    assert repl.exec("print(b())") == "1\n"


def test_led(board: Booted) -> None:
    pico, repl = board
    repl.exec("from machine import Pin\nled = Pin(25, Pin.OUT)")
    pico.run(pico.now_us)
    repl.exec("led(1)")
    assert [event.on for event in pico.run(pico.now_us) if event.kind == "led"] == [True]


def test_an_output_reads_its_own_level(board: Booted) -> None:
    _, repl = board
    assert repl.exec("p = Pin(21, Pin.OUT, value=1)\nprint(p(), p(0), p())") == "1 None 0\n"


def test_events_stop_the_run(board: Booted) -> None:
    """With stop_on_event time stands at the event, and goes on from there."""
    pico, repl = board
    repl.exec("import time\nfrom machine import Pin\nc = Pin(19, Pin.OUT, value=0)")
    pico.run(pico.now_us)
    repl.start("time.sleep_ms(5); c(1); time.sleep_ms(5); c(0)")
    started_us = pico.now_us
    (on,) = pico.run(started_us + 50_000, stop_on_event=True)
    assert on.on and abs(pico.now_us - on.t_us) < 1
    (off,) = pico.run(started_us + 50_000, stop_on_event=True)
    assert not off.on and 4000 < off.t_us - on.t_us < 5600  # sleep_ms counts ticks of 1 ms
    assert pico.run(started_us + 50_000, stop_on_event=True) == []
    assert pico.now_us == pytest.approx(started_us + 50_000, abs=1)


def test_wiring_names_every_pin_once() -> None:
    """The bench relies on it: one pin, one meaning (the loop's near end is a select line)."""
    facts = wiring()
    pins = [line["pin"] for name, line in facts["selects"].items() if name != "about"]
    for group in ("pilots", "contactors"):
        pins += [outlet["pin"] for outlet in facts[group]["outlets"]]
    pins += [
        facts["button"]["pin"],
        facts["dimming"]["pin"],
        facts["led"]["pin"],
        facts["guard_loop"]["to"],
    ]
    pins += [facts["rs485"]["tx"], facts["rs485"]["rx"], facts["rs485"]["drive_enable"]["pin"]]
    pins += [facts["residual_current"]["test"]["pin"]]
    assert len(pins) == len(set(pins))
