"""A house that stands still, and the meter asked in memory; for the tests of the meter."""

from types import SimpleNamespace

from other_side import Hand
from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.sim.meterslave import MemoryMeter

QUICK = Wire(115200)


class House:
    """A house that stands still; the physics the meter looks at."""

    meter_fault = None

    def __init__(self):
        self.looks = 0

    def meter_image(self):
        self.looks += 1
        return SimpleNamespace(
            voltage_mv=[230100, 229900, 231000],
            current_ma=[16250, -3250, 125],
            power_w=[3739, -747, 28],
            energy_import_wh=1234500,
            energy_export_wh=250,
            frequency_hz=50.0,
        )


def collect(meter, clock, for_ms=1000):
    """All bytes of the next `for_ms`, and the ms at which each arrived."""
    got, times, buf = bytearray(), [], bytearray(256)
    for _ in range(for_ms):
        clock.now += 1
        count = meter.readinto(buf)
        if count is not None:
            got += buf[:count]
            times += [clock.now] * count
    return bytes(got), times


def ask_memory(frame, house=None, wire=QUICK, seed=0):
    clock = Hand()
    meter = MemoryMeter(house or House(), clock, wire=wire, seed=seed)
    assert meter.write(frame) == len(frame)
    return collect(meter, clock)[0]
