"""wire.p1 against dsmr-parser, a decoder that is not ours: the same telegrams, value by value; and
telegrams that were spoiled on the way, none of which may be taken for another one.
"""

import logging
import sys
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from dsmr_parser import telegram_specifications as specifications
from dsmr_parser.exceptions import InvalidChecksumError
from dsmr_parser.parsers import TelegramParser
from hypothesis import given, settings
from hypothesis import strategies as st
from other_side_house import House
from pilotlight.wire import p1
from pilotlight_host.paths import HOST_TESTS
from pilotlight_host.sim.telegramline import p1_telegram

sys.path.insert(0, str(HOST_TESTS / "both"))
import p1_bench
import p1_others

NO_CRC = {"V2_2", "V3", "Q3D", "Q3D_BOTH"}
KINDS = {
    "V2_2": specifications.V2_2,
    "V3": specifications.V3,
    "V4_2": specifications.V4,
    "V5": specifications.V5,
    "V5_WHOLE": specifications.V5,
    "FLUVIUS_1": specifications.BELGIUM_FLUVIUS,
    "FLUVIUS_3": specifications.BELGIUM_FLUVIUS,
    "LUX": specifications.LUXEMBOURG_SMARTY,
    "KAM5": specifications.SWEDEN,
    "LGF5": specifications.SWEDEN,
    "SAGEMCOM": specifications.SAGEMCOM_T210_D_R | {"general_global_cipher": False},
    "EON_HU": specifications.EON_HUNGARY,
    "Q3D": specifications.Q3D,
    "Q3D_BOTH": specifications.Q3D,
}
RARE = {
    "THREE_WIRES": specifications.ISKRA_IE,
    "KILO": specifications.LUXEMBOURG_SMARTY,
    "CHANNEL_1": specifications.V5,
}
SCALES = {
    "A": 1000,
    "V": 1000,
    "kA": 1000000,
    "kV": 1000000,
    "kW": 1000,
    "W": 1,
    "kWh": 1000,
    "Wh": 1,
}
BEGUN = datetime(2000, 1, 1, tzinfo=UTC)
CRC_NAMES = sorted(set(KINDS) - NO_CRC)


@pytest.fixture(autouse=True)
def _quiet():
    """It logs every line it cannot parse, such as those of the gas meter."""
    logging.getLogger("dsmr_parser").setLevel(logging.CRITICAL)


class Theirs:
    """What dsmr-parser says, in our units; None for what is not in the telegram."""

    def __init__(self, name, data):
        self.telegram = TelegramParser((KINDS | RARE)[name]).parse(data.decode("ascii"))

    def __call__(self, name):
        found = getattr(self.telegram, name, None)
        if found is None:
            return None
        scaled = Decimal(found.value) * SCALES[found.unit]
        return int(scaled.quantize(Decimal(1), ROUND_HALF_UP))

    def phases(self, name):
        return [self(name % phase) for phase in ("L1", "L2", "L3")]

    def net(self, plus, minus, is_one_way):
        plus_w, minus_w = self(plus), self(minus)
        if minus_w is None and is_one_way:
            minus_w = 0
        return None if None in (plus_w, minus_w) else plus_w - minus_w

    def energy(self, total, tariff):
        if self(total) is not None:
            return self(total)
        parts = [self(f"{tariff}_{n}") for n in (1, 2)]
        return None if None in parts else sum(parts)


def decoded(data, step=64, **kinds):
    """The last whole telegram in these bytes, None if there is none; fed in chunks."""
    telegram, is_done = p1.Telegram(**kinds), False
    for at in range(0, len(data), step):
        part = data[at : at + step]
        is_done |= telegram.feed(part, len(part)) == p1.DONE
    return telegram if is_done else None


def values(telegram):
    return (
        list(telegram.current_ma),
        list(telegram.power_w),
        list(telegram.voltage_mv),
        telegram.total_w,
        telegram.energy_wh,
        telegram.export_wh,
        telegram.clock_text,
        telegram.version,
    )


@pytest.mark.parametrize("name", KINDS)
def test_the_same_values(name):
    agree(name, getattr(p1_bench, name))


@pytest.mark.parametrize("name", RARE)
def test_the_same_values_of_rare_meters(name):
    agree(name, getattr(p1_others, name))


def test_the_simulated_meter_sends_what_dsmr_parser_reads():
    image = House().meter_image()
    ours = agree("FLUVIUS_3", p1_telegram(image, datetime(2026, 7, 15, 12)))  # noqa: DTZ001 - local
    assert ours.clock_s == (datetime(2026, 7, 15, 11) - datetime(2000, 1, 1)).total_seconds()  # noqa: DTZ001
    assert ours.current_ma == [16250, 3250, 120]  # two decimals of an ampere
    assert (ours.power_w, ours.voltage_mv) == (image.power_w, image.voltage_mv)


def agree(name, data):
    ours = decoded(data, needs_crc=name not in NO_CRC)
    theirs = Theirs(name, data)
    is_one_way = name == "Q3D"
    assert ours.voltage_mv == theirs.phases("INSTANTANEOUS_VOLTAGE_%s")
    power = "INSTANTANEOUS_ACTIVE_POWER_%s_"
    if name != "FLUVIUS_1":  # has the total only, which is that of its one phase
        assert ours.power_w == [
            theirs.net((power + "POSITIVE") % phase, (power + "NEGATIVE") % phase, is_one_way)
            for phase in ("L1", "L2", "L3")
        ]
    usage, delivery = "CURRENT_ELECTRICITY_USAGE", "CURRENT_ELECTRICITY_DELIVERY"
    assert ours.total_w == theirs.net(usage, delivery, is_one_way)
    imported = theirs.energy("ELECTRICITY_IMPORTED_TOTAL", "ELECTRICITY_USED_TARIFF")
    exported = theirs.energy("ELECTRICITY_EXPORTED_TOTAL", "ELECTRICITY_DELIVERED_TARIFF")
    assert (ours.energy_wh, ours.export_wh) == (imported, exported)
    for phase, told_ma in enumerate(theirs.phases("INSTANTANEOUS_CURRENT_%s")):
        check_current(data, ours, phase, told_ma)
    check_clock(ours, theirs.telegram)
    return ours


@given(st.integers(0, 36525 * 86400 - 1), st.booleans())
def test_any_time(seconds, is_summer):
    time = BEGUN + timedelta(seconds=seconds)
    data = p1_bench.sealed(f"0-0:1.0.0({time:%y%m%d%H%M%S}{'S' if is_summer else 'W'})")
    assert decoded(data).clock_s == seconds - 3600 * is_summer


@given(st.text("0123456789", min_size=12, max_size=12))
def test_no_other_digits_are_a_time(digits):
    data = p1_bench.sealed(f"0-0:1.0.0({digits}W)")
    try:
        datetime.strptime("20" + digits + "+0000", "%Y%m%d%H%M%S%z")
    except ValueError:
        assert decoded(data).clock_s is None


def check_current(data, ours, phase, told_ma):
    current_ma = ours.current_ma[phase]
    line = next((x for x in data.split(b"\r\n") if b":%d1.7.0(" % (3 + 2 * phase) in x), b"")
    power_w, voltage_mv = ours.power_w[phase], ours.voltage_mv[phase]
    if told_ma == voltage_mv == 0:  # of three wires the one that is not measured
        assert current_ma == ours.current_ma[phase - 1] + ours.current_ma[phase - 2]
    elif told_ma is None or (b"." in line.partition(b"(")[2] and b"kA" not in line):
        assert current_ma == told_ma
    elif power_w is None or voltage_mv is None:
        assert current_ma == told_ma + 1000
    else:
        own_ma = min(abs(power_w) * 1e6 / voltage_mv, told_ma + 1000)
        assert current_ma == pytest.approx(max(told_ma, own_ma), abs=1)


def check_clock(ours, telegram):
    stamp = getattr(telegram, "P1_MESSAGE_TIMESTAMP", None)
    if stamp is None:
        assert ours.clock_text is None
    elif len(ours.clock_text) == 12:
        assert ours.clock_s is None
        assert ours.clock_text[8:] == f"{stamp.value:%M%S}"
    else:  # theirs is in UTC: S is two hours ahead of it, W one
        assert ours.clock_text[-1] in "SW"
        hours = 2 if ours.clock_text[-1] == "S" else 1
        assert int(ours.clock_text[6:8]) == (stamp.value.hour + hours) % 24
        assert ours.clock_text[8:12] == f"{stamp.value:%M%S}"
        told = (stamp.value - BEGUN).total_seconds()
        assert ours.clock_s == told + 3600  # their zone's winter time
    for name in ("P1_MESSAGE_HEADER", "BELGIUM_VERSION_INFORMATION"):
        told = getattr(telegram, name, None)
        if told is not None:
            assert ours.version == int(told.value)


@pytest.mark.parametrize("name", ["V5", "V4_2", "KAM5", "FLUVIUS_1"])
def test_every_other_byte_in_every_place(name):
    """Eight other values for each byte: its bit errors. None is accepted by either decoder."""
    data = bytearray(getattr(p1_bench, name))
    ours = p1.Telegram()
    for at in range(len(data)):
        for bit in range(8):
            data[at] ^= 1 << bit
            assert ours.feed(data, len(data)) != p1.DONE, (at, bit)
            ours.give_up()
            data[at] ^= 1 << bit
    spoiled = bytes(data).replace(b"1-0:1.7.0(0", b"1-0:1.7.0(1")
    with pytest.raises(InvalidChecksumError):
        Theirs(name, spoiled)


TEXT = b"0123456789.()*-:/!\r\nkWhAVSW"
OTHERS = st.one_of(st.sampled_from(list(TEXT)), st.integers(0, 255))


@settings(max_examples=400)
@given(st.sampled_from(CRC_NAMES), st.integers(0, 2000), OTHERS)
def test_one_other_character_is_refused(name, at, other):
    data = bytearray(getattr(p1_bench, name))
    at %= len(data)
    if data[at] != other:
        data[at] = other
        assert decoded(data) is None


@st.composite
def spoiled(draw):
    """A telegram after up to five faults of a line: bytes changed, lost, doubled, put in."""
    name = draw(st.sampled_from(CRC_NAMES))
    data = bytearray(getattr(p1_bench, name))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 40))
        kind = draw(st.sampled_from(["other", "lost", "doubled", "noise"]))
        if kind == "other":
            data[at : at + 1] = bytes([draw(OTHERS)])
        elif kind == "lost":
            del data[at : at + length]
        elif kind == "doubled":
            data[at:at] = data[at : at + length]
        else:
            data[at:at] = draw(st.binary(max_size=20))
    return name, bytes(data)


@settings(max_examples=400)
@given(spoiled(), st.integers(1, 300))
def test_a_spoiled_telegram_is_never_another_one(fault, step):
    """It is refused, or what was spoiled is not in it."""
    name, data = fault
    ours = decoded(data, step)
    if ours is not None:
        assert values(ours) == values(decoded(getattr(p1_bench, name)))


@settings(max_examples=200)
@given(spoiled(), st.sampled_from(CRC_NAMES), st.integers(1, 300))
def test_the_one_after_a_spoiled_one_counts(fault, name, step):
    """At the latest the second one, where the first was merged with a broken name."""
    data = fault[1] + getattr(p1_bench, name) * 2
    assert values(decoded(data, step)) == values(decoded(getattr(p1_bench, name)))


@settings(max_examples=200)
@given(spoiled(), st.integers(1, 300))
def test_without_a_crc_no_bytes_raise(fault, step):
    for is_7e1 in (False, True):
        decoded(fault[1], step, needs_crc=False, is_7e1=is_7e1)


@settings(max_examples=200)
@given(
    st.lists(
        st.one_of(st.binary(max_size=50), st.sampled_from([b"/ABC5\r\n", b"\xdb\x08", b"!\r\n"]))
    )
)
def test_no_bytes_raise_and_none_are_accepted(parts):
    assert decoded(b"".join(parts)) is None


NUMBERS = st.decimals(0, 999999, places=3)


@settings(max_examples=200)
@given(NUMBERS, NUMBERS, st.integers(0, 99), st.integers(1, 9))
def test_numbers_of_any_width(first, second, amps, width):
    rows = (
        f"1-0:1.8.1({first:0{width + 4}}*kWh)",
        f"1-0:2.8.0({second:.2f}*kWh)",
        f"1-0:31.7.0({amps:0{width}}.0*A)",
        f"1-0:32.7.0({amps + 180:0{width}}*V)",
    )
    data = p1_bench.sealed(*rows, "1-0:1.8.2(0*kWh)")
    ours = decoded(data)
    theirs = Theirs("LUX", data)
    assert ours.energy_wh == theirs("ELECTRICITY_USED_TARIFF_1")
    assert ours.export_wh == theirs("ELECTRICITY_EXPORTED_TOTAL")
    assert ours.current_ma[0] == theirs("INSTANTANEOUS_CURRENT_L1")
    assert ours.voltage_mv[0] == theirs("INSTANTANEOUS_VOLTAGE_L1")
