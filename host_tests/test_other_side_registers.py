"""Every meter of the table against pymodbus with its registers, filled from physical values.

The maps below are written a second time, by absolute address and in the units of the manuals, so
that a slip in the table of the firmware shows. A, V, W, Wh, Hz.
"""

import asyncio
import struct
import time

import pytest

from pilotlight.drivers.meter import Line, SerialMeter
from pilotlight.wire import meters
from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.sim.meterslave import MemoryMeter
from pymodbus.simulator import DataType, SimData, SimDevice

AMPS, VOLTS, WATTS = (16.2, 0.5, 31.9), (230.1, 229.4, 233.0), (3720.0, -110.0, 7430.0)
TOTAL_W, HZ, IMPORT_WH, EXPORT_WH = 11040.0, 50.0, 12_345_600.0, 7800.0

F32, U32, I32, U64, F64 = ">f", ">I", ">i", ">Q", ">d"
U16, I16 = ">H", ">h"


def three(first, step=2):
    return (first, first + step, first + 2 * step)


SDM = {
    "function": 4,
    "A": (three(0x06), F32, 1),
    "W": (three(0x0C), F32, 1),
    "V": (three(0x00), F32, 1),
    "in": ((0x48,), F32, 1e-3),
    "out": ((0x4A,), F32, 1e-3),
}
ONE_SDM = SDM | {"A": ((0x06,), F32, 1), "W": ((0x0C,), F32, 1), "V": ((0,), F32, 1)}
GAVAZZI = {
    "function": 4,
    "low first": True,
    "A": (three(0x0C), I32, 1000),
    "W": (three(0x12), I32, 10),
    "V": (three(0x00), I32, 10),
}
ABB = {
    "function": 3,
    "A": (three(0x5B0C), U32, 100),
    "total": ((0x5B14,), I32, 100),
    "W": (three(0x5B16), I32, 100),
    "V": (three(0x5B00), U32, 10),
    "in": ((0x5000,), U64, 0.1),
    "out": ((0x5004,), U64, 0.1),
}
LOVATO = {
    "function": 4,
    "V": (three(1), U32, 100),
    "A": (three(7), U32, 10_000),
    "W": (three(19), I32, 100),
    "total": ((57,), I32, 100),
}
# quantity: addresses of its first registers, type, steps of the register per unit
MAPS = {
    "sdm630": SDM,
    "sdm72": SDM,
    "sdm120": ONE_SDM | {"Hz": ((0x46,), F32, 1)},
    "em24": GAVAZZI
    | {"Hz": ((0x37,), I16, 10), "in": ((0x3E,), I32, 0.01), "out": ((0x5C,), I32, 0.01)},
    "em340": GAVAZZI
    | {"Hz": ((0x33,), I16, 10), "in": ((0x34,), I32, 0.01), "out": ((0x4E,), I32, 0.01)},
    "em112": {
        "function": 4,
        "low first": True,
        "V": ((0x00,), I32, 10),
        "A": ((0x02,), I32, 1000),
        "W": ((0x04,), I32, 10),
        "Hz": ((0x0F,), I16, 10),
        "in": ((0x10,), I32, 0.01),
        "out": ((0x20,), I32, 0.01),
    },
    "abb_b23": ABB | {"Hz": ((0x5B2C,), U16, 100)},
    "abb_b21": {
        "function": 3,
        "A": ((0x5B0C,), U32, 100),
        "W": ((0x5B14,), I32, 100),
        "V": ((0x5B00,), U32, 10),
        "in": ((0x5000,), U64, 0.1),
        "out": ((0x5004,), U64, 0.1),
    },
    "abb_ev3": ABB | {"in": ((0x5000,), U64, 10), "out": ((0x5004,), U64, 10)},
    "orno_516": {
        "function": 3,
        "V": (three(0x0E), F32, 1),
        "Hz": ((0x14,), F32, 1),
        "A": (three(0x16), F32, 1),
        "total": ((0x1C,), F32, 1e-3),
        "W": (three(0x1E), F32, 1e-3),
        "in": ((0x0108,), F32, 1e-3),
        "out": ((0x0110,), F32, 1e-3),
    },
    "dtsu666": {
        "function": 3,
        "V": (three(0x2006), F32, 10),
        "A": (three(0x200C), F32, 1000),
        "total": ((0x2012,), F32, 10),
        "W": (three(0x2014), F32, 10),
        "Hz": ((0x2044,), F32, 100),
        "in": ((0x101E,), F32, 1e-3),
        "out": ((0x1028,), F32, 1e-3),
    },
    "dtsu666_401e": {
        "function": 3,
        "V": (three(0x2006), F32, 10),
        "A": (three(0x200C), F32, 1000),
        "total": ((0x2012,), F32, 10),
        "W": (three(0x2014), F32, 10),
        "Hz": ((0x2044,), F32, 100),
        "in": ((0x401E,), F32, 1e-3),
        "out": ((0x4028,), F32, 1e-3),
    },
    "dtsu666_plain": {
        "function": 3,
        "V": (three(0x2006), F32, 1),
        "A": (three(0x200C), F32, 1),
        "total": ((0x2012,), F32, 1),
        "W": (three(0x2014), F32, 1),
        "Hz": ((0x2044,), F32, 1),
        "in": ((0x401E,), F32, 1e-3),
        "out": ((0x4028,), F32, 1e-3),
    },
    "ddsu666": {
        "function": 3,
        "V": ((0x2000,), F32, 1),
        "A": ((0x2002,), F32, 1),
        "W": ((0x2004,), F32, 1e-3),
        "in": ((0x4000,), F32, 1e-3),
        "out": ((0x400A,), F32, 1e-3),
    },
    "iem3155": {
        "function": 3,
        "A": (three(2999), F32, 1),
        "V": (three(3027), F32, 1),
        "W": (three(3053), F32, 1e-3),
        "total": ((3059,), F32, 1e-3),
        "Hz": ((3109,), F32, 1),
        "in": ((3203,), U64, 1),
        "out": ((3207,), U64, 1),
    },
    "janitza_b23": {
        "function": 3,
        "V": (three(19000), F32, 1),
        "A": (three(19012), F32, 1),
        "W": (three(19020), F32, 1),
        "total": ((19026,), F32, 1),
        "Hz": ((19050,), F32, 1),
        "in": ((19068,), F32, 1),
        "out": ((19076,), F32, 1),
    },
    "socomec_e4x": {
        "function": 3,
        "V": (three(50520), U32, 100),
        "Hz": ((50526,), U32, 100),
        "A": (three(50528), U32, 1000),
        "total": ((50536,), I32, 0.1),
        "W": (three(50544), I32, 0.1),
        "in": ((50946,), U32, 0.1),
        "out": ((50952,), U32, 0.1),
    },
    "finder_7m38": {
        "function": 4,
        "V": (three(2500), F32, 1),
        "A": (three(2516), F32, 1),
        "W": (three(2530), F32, 1),
        "total": ((2536,), F32, 1),
        "Hz": ((2584,), F32, 1),
        "in": ((2752,), F32, 1),
        "out": ((2756,), F32, 1),
    },
    "finder_7e78": {
        "function": 4,
        "V": (three(0x1000), F32, 1),
        "A": (three(0x100E), F32, 1),
        "W": (three(0x1020), F32, 1),
        "total": ((0x1026,), F32, 1),
        "Hz": ((0x1038,), F32, 1),
        "in": ((0x1106,), F32, 1),
        "out": ((0x110E,), F32, 1),
    },
    "pro380": {
        "function": 3,
        "V": (three(0x5002), F32, 1),
        "Hz": ((0x5008,), F32, 1),
        "A": (three(0x500C), F32, 1),
        "total": ((0x5012,), F32, 1e-3),
        "W": (three(0x5014), F32, 1e-3),
        "in": ((0x600C,), F32, 1e-3),
        "out": ((0x6018,), F32, 1e-3),
    },
    "pac2200": {
        "function": 4,
        "V": (three(1), F32, 1),
        "A": (three(13), F32, 1),
        "W": (three(25), F32, 1),
        "Hz": ((55,), F32, 1),
        "total": ((65,), F32, 1),
        "in": ((801, 805), F64, 0.5),  # half in each tariff
        "out": ((809, 813), F64, 0.5),
    },
    "ds100": {
        "function": 3,
        "V": (three(0x0400), I32, 1000),
        "A": (three(0x0410), I32, 1000),
        "W": (three(0x041A), I32, 1),
        "total": ((0x0420,), I32, 1),
        "in": ((0x010E,), I32, 0.1),
        "out": ((0x0118,), I32, 0.1),
    },
    "dsz15": {
        "function": 4,
        "V": (three(0x00), U32, 100),
        "A": (three(0x06), U32, 100),
        "W": (three(0x0C), I32, 1),
        "in": ((0x48,), U32, 0.1),
        "out": ((0x4A,), U32, 0.1),
    },
    "7kt1665": LOVATO
    | {"Hz": ((49,), U32, 100), "in": ((6687,), U32, 1), "out": ((6689,), U32, 1)},
    "lovato_dmg": LOVATO | {"in": ((6943,), U64, 0.1), "out": ((6947,), U64, 0.1)},
    "mpm3pm": {
        "function": 4,
        "V": (three(0x08), U32, 10),
        "A": (three(0x0E), U32, 100),
        "W": (three(0x14), I32, 100),
        "total": ((0x26,), I32, 100),
        "Hz": ((0x2C,), U32, 100),
        "in": ((0x02,), U32, 0.1),
        "out": ((0x04,), U32, 0.1),
    },
    "dts6619": {
        "function": 4,
        "V": (three(0, 1), I16, 10),
        "A": (three(3, 1), I16, 100),
        "W": (three(8, 1), I16, 1),
        "in": ((39,), U32, 0.1),
        "out": ((49,), U32, 0.1),
    },
}
VALUES = {
    "A": AMPS,
    "V": VOLTS,
    "W": WATTS,
    "total": (TOTAL_W,),
    "Hz": (HZ,),
    "in": (IMPORT_WH, IMPORT_WH),
    "out": (EXPORT_WH, EXPORT_WH),
}


class Still:
    """A meter that nothing disturbs."""

    meter_fault = None


def image(plan):
    """Register by address."""
    found = {}
    for quantity, entry in plan.items():
        if quantity in ("function", "low first"):
            continue
        addresses, layout, steps = entry
        for address, value in zip(addresses, VALUES[quantity], strict=False):
            number = value * steps
            data = struct.pack(layout, number if layout in (F32, F64) else round(number))
            words = list(struct.unpack(f">{len(data) // 2}H", data))
            if plan.get("low first"):
                words.reverse()
            found |= {address + i: word for i, word in enumerate(words)}
    return found


def device(name, holes=()):
    """pymodbus with these registers, and those between them that a block reads along."""
    plan = MAPS[name]
    words = image(plan)
    for block in meters.model(name).blocks:
        for address in range(block.start, block.start + block.count):
            words.setdefault(address, 0)
    table = [
        SimData(address, values=[word], datatype=DataType.REGISTERS, readonly=True)
        for address, word in sorted(words.items())
        if address not in holes
    ]
    other = [SimData(0xFFF0, values=[0], datatype=DataType.REGISTERS, readonly=True)]
    bits = [SimData(0, count=16, values=False, datatype=DataType.BITS)]
    tables = (bits, bits, table, other) if plan["function"] == 3 else (bits, bits, other, table)
    return SimDevice(1, tables)


def meter(name, holes=()):
    """The firmware's meter at that slave, in a hurry."""
    slave = MemoryMeter(
        Still(),
        lambda: time.monotonic() * 1000,
        wire=Wire(115200),
        turnaround_ms=1,
        device=device(name, holes),
    )
    model = meters.model(name)
    model.gap_ms = 1
    return SerialMeter(Line(slave, 115200), model, 1)


def poll_all(found):
    async def each():
        return [await found.poll(number) for number in range(len(found.reads))]

    return asyncio.run(each())


def expected(name):
    """What the firmware is to make of it: mA, W, mV, mHz, Wh."""
    plan = MAPS[name]
    count = meters.phases_of(name)

    def of_phases(quantity, factor, missing):
        if quantity not in plan:
            return [None] * count + missing
        _, layout, steps = plan[quantity]
        raw = [value * steps for value in VALUES[quantity][:count]]
        kept = raw if layout == F32 else [round(value) for value in raw]
        return [round(value / steps * factor) for value in kept] + missing

    zeros = [0] * (3 - count)
    found = {
        "current_ma": of_phases("A", 1000, zeros),
        "power_w": of_phases("W", 1, zeros),
        "voltage_mv": of_phases("V", 1000, [None] * (3 - count)),
    }
    for key, quantity, factor in (
        ("total_w", "total", 1),
        ("frequency_mhz", "Hz", 1000),
        ("energy_wh", "in", 1),
        ("export_wh", "out", 1),
    ):
        found[key] = round(VALUES[quantity][0] * factor) if quantity in plan else None
    return found


def test_every_meter_has_a_map():
    assert sorted(MAPS) == sorted(meters.names())


@pytest.mark.parametrize("name", MAPS)
def test_a_meter_shows_what_its_registers_hold(name):
    found = meter(name)
    assert poll_all(found) == [True] * len(found.reads), found.last_error
    shown = {key: getattr(found, key) for key in expected(name)}
    assert shown == expected(name)
    assert found.sequence == 1


def first_of(name, quantity):
    return MAPS[name][quantity][0][0]


@pytest.mark.parametrize("name", [name for name in MAPS if "out" in MAPS[name]])
def test_a_register_that_is_not_there_costs_only_itself(name):
    """Export is refused by some: currents and import go on (evcc issue 31143)."""
    found = meter(name, holes=[first_of(name, "out")])
    poll_all(found)  # the block is refused, and its pieces are read next
    poll_all(found)
    assert found.current_ma == expected(name)["current_ma"]
    assert found.energy_wh == expected(name)["energy_wh"]
    assert found.export_wh is None


@pytest.mark.parametrize(
    "name", ["abb_b23", "iem3155", "socomec_e4x", "finder_7e78", "7kt1665", "dts6619"]
)
def test_a_hole_in_the_balancing_read_leaves_the_currents(name):
    """A register between those that are wanted, like ABB's neutral current."""
    block = meters.model(name).blocks[0]
    used = {
        at for _, _, offset, words, _, _ in block.fields for at in range(offset, offset + words)
    }
    hole = min(set(range(block.count)) - used)
    found = meter(name, holes=[block.start + hole])
    assert poll_all(found)[0] is False
    assert all(poll_all(found))
    shown = {key: getattr(found, key) for key in expected(name)}
    assert shown == expected(name)


# what the manuals have in a register that knows nothing
MISSING = {
    F32: ("7fc00000", "ffc00000", "ffffffff", "7f800000"),
    F64: ("7ff8000000000000", "fff8000000000000", "ffffffffffffffff"),
    U16: ("ffff",),
    I16: ("7fff", "8000"),
    U32: ("ffffffff",),
    I32: ("7fffffff", "80000000"),
    U64: ("ffffffffffffffff", "7fffffffffffffff", "8000000000000000"),
}


def words_of(data, plan):
    words = [data[at : at + 2] for at in range(0, len(data), 2)]
    return b"".join(reversed(words) if plan.get("low first") else words)


@pytest.mark.parametrize("name", MAPS)
def test_what_is_not_available_is_none(name):
    """All ones, or the largest number: no current of 42 949 672 A, no energy of -1 Wh."""
    plan = MAPS[name]
    fields = {
        block.start + offset: (decode, scale)
        for block in meters.model(name).blocks
        for _, _, offset, _, decode, scale in block.fields
    }
    for quantity, entry in plan.items():
        if quantity in ("function", "low first"):
            continue
        addresses, layout, _ = entry
        for address in addresses:
            decode, scale = fields.pop(address)
            for text in MISSING[layout]:
                data = words_of(bytes.fromhex(text), plan)
                assert decode(data, 0, scale) is None, (quantity, address, text)
    assert fields == {}
