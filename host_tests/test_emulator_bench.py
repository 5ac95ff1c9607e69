"""The board at the simulated site: currents, levels, contacts and meter, both ways."""

import time

import pytest
from emulator_helpers import booted, wiring, image
from pilotlight_host.emulated import Bench, Pico
from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.scenario import parse


def outlet(name: str) -> dict:
    return {"name": name, "feeder": "main", "phases": ["L1", "L2", "L3"]}


def site(**changes) -> dict:
    return {
        "duration": "1m",
        "site": {
            "site": {"id": "bench"},
            "feeders": [{"id": "main", "rating_a": 35, "breaker": "B"}],
            "outlets": [outlet("one"), outlet("two")],
        },
        "load": [{"kind": "profile", "points": [["0s", [5.0, 4.0, 3.0]]]}],
        "car": [{"outlet": 2, "arrive": "0.5s", "energy_kwh": 10, "max_a": 16, "phases": 3}],
    } | changes


def plant_of(**changes) -> Plant:
    return Plant(parse(site(**changes), "bench.toml"))


PILOTS = """
import machine
from machine import Pin, PWM, ADC, mem32
p = PWM(Pin(3), freq=1000, duty_u16=65535)
for n in (12, 14): Pin(n, Pin.OUT, value=0)
"""


def test_a_car_charges() -> None:
    """x1, then 26.67 % and the contactor: B, C, 16 A; the plant and the board's inputs agree."""
    plant = plant_of()
    with booted(noise_lsb=0) as (pico, repl):
        bench = Bench(pico, plant)
        bench.run(300)
        assert plant.car_state(1) == "A"
        repl.exec(PILOTS)
        bench.run(1000)
        assert plant.is_plugged(1) and plant.car_state(1) == "B"
        repl.exec("p.duty_u16(17476); c = Pin(19, Pin.OUT, value=1)")
        bench.run(bench.now_ms + 20_000, until=lambda: plant.outlet_ma(1)[0] > 15_000)
        assert plant.car_state(1) == "C" and plant.contacts_closed(1)
        assert 15_000 < plant.outlet_ma(1)[0] <= 16_000
        closed = [event for event in bench.events if event.kind == "contactor"][-1]
        assert (closed.outlet, closed.on) == (2, True)
        assert bench.wrong_hz == []
        # what the board's own pin shows: 9 V... 6 V high of the pilot, mirror contact closed
        read = "for n in (6, 8, 10, 12, 14, 16): Pin(n, Pin.OUT, value=n in {pins})\nprint(ADC({adc}).read_u16() >> 4)"
        # at other times of the 1 kHz each, however long a line takes
        wait = "import time\ntime.sleep_us({us})\n"
        p2 = [
            int(repl.exec(wait.format(us=50 * n) + read.format(pins="(12,)", adc=26)))
            for n in range(20)
        ]
        assert max(p2) == pytest.approx((6000 / 8 + 1650) / 3300 * 4096, abs=40)
        assert min(p2) == pytest.approx((-12000 / 8 + 1650) / 3300 * 4096, abs=12)
        mirror = int(repl.exec(read.format(pins="(6, 8, 14, 10)", adc=28)))
        assert mirror > 4000
        repl.exec("c(0)")
        bench.run(bench.now_ms + 100)
        assert not plant.contacts_closed(1) and plant.outlet_ma(1) == [0] * 3


def test_the_meter_answers_over_rs485() -> None:
    with booted() as (pico, repl):
        bench = Bench(pico, plant_of())
        bench.connect_memory_meter()
        bench.run(600)
        repl.exec(
            "from machine import UART, Pin\nimport time, struct\n"
            "u = UART(0, 9600, tx=Pin(0), rx=Pin(1)); drive = Pin(7, Pin.OUT, value=0)\n"
        )
        repl.start(
            "drive(1); u.write(b'\\x01\\x04\\x00\\x06\\x00\\x06\\x90\\x09'); u.flush(); drive(0)\n"
            "time.sleep_ms(150); r = u.read()\n"
            "print([round(a) for a in struct.unpack('>3f', r[3:15])])"
        )
        bench.run(bench.now_ms + 300)
        assert b"[5, 4, 3]" in pico.console_read()


def test_the_monitor_s_self_test() -> None:
    """The test pin makes the monitor trip, and only as long as it is on."""
    with booted() as (pico, repl):
        bench = Bench(pico, plant_of())
        repl.exec(
            "from machine import ADC, Pin\n"
            "for n in (6, 8, 16): Pin(n, Pin.OUT, value=1)\n"
            "test = Pin(9, Pin.OUT, value=0)\n"
        )
        read = "print(ADC(28).read_u16() >> 4)"
        assert int(repl.exec(read)) < 20
        repl.exec("test(1)")
        bench.run(bench.now_ms + 60)
        assert int(repl.exec(read)) > 4000
        repl.exec("test(0)")
        bench.run(bench.now_ms + 60)
        assert int(repl.exec(read)) < 20


def test_pace_keeps_to_the_wall_clock() -> None:
    with booted() as (pico, _):
        bench = Bench(pico, plant_of())
        bench.run(bench.now_ms + 100)
        started_s, started_ms = time.monotonic(), bench.now_ms
        bench.run(started_ms + 400, pace=2.0)
        assert time.monotonic() - started_s >= 0.199


FEEDER = {"id": "main", "rating_a": 35, "breaker": "B"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"site": site()["site"] | {"feeders": [FEEDER, FEEDER | {"id": "shed"}]}},
            "2 feeders, but the board has 3 clamps: one feeder",
        ),
        (
            {"event": [{"at": "5s", "kind": "clamps-silent", "for": "5s"}]},
            "this board's clamps cannot fall silent, or lie",
        ),
        (
            {"event": [{"at": "5s", "kind": "board-heat", "degrees": 70}]},
            "this board does not measure its own temperature",
        ),
        (
            {"site": site()["site"] | {"outlets": [outlet(str(n)) for n in range(5)]}},
            "5 outlets, but the board has 4",
        ),
    ],
)
def test_what_the_board_has_not_got(changes: dict, said: str) -> None:
    with Pico(image(), wiring()) as pico, pytest.raises(ValueError, match=said):
        Bench(pico, plant_of(**changes))


def test_any_instant_is_reached() -> None:
    """Also one that is no whole cycle of the board, or that rounding moves by a nanosecond."""
    with booted(noise_lsb=0) as (pico, _):
        bench = Bench(pico, plant_of())
        bench.run(1040.000616)
        bench.run(1050.000616)
        for n in range(400):
            until_ms = bench.now_ms + 0.010616 + n * 1.37e-6
            bench.run(until_ms)
            assert bench.has_reached(until_ms)
            assert abs(bench.now_ms - until_ms) < 1e-3
