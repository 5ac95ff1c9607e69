"""SML read by an implementation that is not ours: the same values, and no other ones."""

import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilotlight.wire import sml
from pilotlight_host.paths import HOST_TESTS
from smllib import SmlStreamReader
from smllib.errors import CrcError

sys.path.append(str(HOST_TESTS / "both"))
import sml_frames as frames

FRAMES = {
    "ebz": frames.EBZ,
    "holley": frames.HOLLEY,
    "iskra": frames.ISKRA,
    "easymeter": frames.EASYMETER,
    "emh": frames.EMH,
    "emh-tariffs": frames.EMH_TARIFFS,
    "no-pin": frames.NO_PIN,
    "pin": frames.PIN,
    "dzg": frames.DZG,
    "dzg-export": frames.DZG_EXPORT,
    "dzg-padded": frames.DZG_PADDED,
}
# OBIS code: unit, our thousandths, where it comes out
CODES = {
    "0100010800ff": (30, 1, "energy_wh", None),
    "0100020800ff": (30, 1, "export_wh", None),
    "0100100700ff": (27, 1, "total_w", None),
    "01000e0700ff": (44, 1000, "frequency_mhz", None),
} | {
    f"0100{code + 20 * phase:02x}0700ff": (unit, factor, name, phase)
    for code, unit, factor, name in (
        (31, 33, 1000, "current_ma"),
        (32, 35, 1000, "voltage_mv"),
        (36, 27, 1, "power_w"),
    )
    for phase in range(3)
}


def theirs(frame: bytes, crc: str = "x25") -> dict[str, tuple[int | None, int | None, object]]:
    """OBIS code: unit, scaler and value, as smllib reads them."""
    reader = SmlStreamReader(crc=crc)
    reader.add(frame)
    entries = {}
    for entry in reader.get_frame().get_obis():
        assert entry.obis not in entries
        entries[str(entry.obis)] = (entry.unit, entry.scaler, entry.value)
    return entries


def rounded(value: Fraction) -> int | None:
    """To nearest, halves away from zero; what does not fit a small int is unknown."""
    size = int(abs(value) + Fraction(1, 2))
    return None if size >= 1 << 30 else size if value >= 0 else -size


def ours(telegram: sml.Telegram, name: str, phase: int | None) -> int | None:
    value = getattr(telegram, name)
    return value if phase is None else value[phase]


def read(frame: bytes, kind: int = sml.X25) -> sml.Telegram:
    telegram = sml.Telegram(kind)
    telegram.feed(frame, len(frame))
    return telegram


def all_values(telegram: sml.Telegram) -> list[int | None]:
    return [ours(telegram, name, phase) for _, _, name, phase in CODES.values()]


def check_value_by_value(frame: bytes, kind: int = sml.X25, crc: str = "x25") -> int:
    """Fail if the two differ; return how many values both have."""
    telegram, entries = read(frame, kind), theirs(frame, crc)
    assert telegram.state == sml.DONE
    seen = 0
    for code, (unit, factor, name, phase) in CODES.items():
        value = ours(telegram, name, phase)
        if code in entries and entries[code][0] == unit:
            _, scaler, number = entries[code]
            exact = Fraction(number) * Fraction(10) ** scaler * factor
            assert value == rounded(exact), code
            seen += value is not None
        elif name == "current_ma" and value is not None:  # not told: what P and U make of it
            power_w, voltage_mv = telegram.power_w[phase], telegram.voltage_mv[phase]
            assert abs(value - abs(power_w) * 1e6 / voltage_mv) <= 1, code
        elif name not in ("energy_wh", "export_wh"):  # where the tariffs may stand for the sum
            assert value is None, code
    return seen


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("ebz", 6),
        ("holley", 9),
        ("iskra", 6),
        ("easymeter", 9),
        ("emh-tariffs", 0),
        ("no-pin", 2),
        ("pin", 3),
        ("dzg-padded", 1),
    ],
)
def test_same_values(name, seen):
    assert check_value_by_value(FRAMES[name]) == seen


def test_same_values_where_the_last_entry_has_none():
    """smllib refuses an entry without value; with a zero in its place it reads that telegram."""
    emh = frames.messages_of(frames.EMH)
    start = emh.index(b"\x00\x76") + 1  # of the second message
    # unit, scaler, value, signature; signature and time of the list; CRC
    at = emh.index(b"\x01" * 6 + b"\x63")
    body = emh[start : at + 2] + b"\x62\x00" + emh[at + 3 : at + 6]
    sealed = body + b"\x63" + frames.crc(body, frames.X25)
    mended = emh[:start] + sealed + emh[at + 9 :]
    assert check_value_by_value(frames.telegram(mended)) == 2
    assert all_values(read(frames.telegram(mended))) == all_values(read(frames.EMH))


def test_powers_under_the_codes_of_import():
    entries, telegram = theirs(frames.Q3C), read(frames.Q3C)
    for code, power_w in zip((21, 41, 61), telegram.power_w, strict=True):
        unit, scaler, number = entries[f"0100{code:02x}0700ff"]
        assert (unit, power_w) == (27, rounded(Fraction(number) * Fraction(10) ** scaler))
    assert (
        sum(entries[f"0100{code:02x}0700ff"][2] for code in (21, 41, 61))
        == (entries["0100010700ff"][2])
    )


@pytest.mark.parametrize(("name", "watts"), [("dzg", -299.12), ("dzg-export", -105.5)])
def test_where_the_sign_is_in_doubt_we_say_nothing(name, watts):
    """The first was 356.24 W, the second what it says: nobody can tell them apart."""
    _, scaler, number = theirs(FRAMES[name])["0100100700ff"]
    assert number * 10**scaler == pytest.approx(watts)
    assert read(FRAMES[name]).total_w is None
    assert read(FRAMES[name]).energy_wh is not None


def number(value: int, size: int, kind: int = 0x50) -> bytes:
    """A signed integer of so many bytes; 0x60: unsigned."""
    return bytes([kind | size + 1]) + (value % (1 << 8 * size)).to_bytes(size, "big")


def test_every_phase_with_another_scaler_and_another_width():
    """None of it is wrong, and no captured meter does it."""
    rows = (
        (31, number(421, 4), 33, -2),
        (51, number(16_050_001, 5, 0x60), 33, -6),
        (71, number(9, 1), 33, -1),
        (32, number(2301, 2, 0x60), 35, -1),
        (52, number(230, 1, 0x60), 35, 0),
        (72, number(23_000_000_000, 8, 0x60), 35, -8),
        (36, number(-12_345, 8), 27, -2),
        (56, number(3, 1), 27, 3),
        (16, number(-77, 3), 27, 0),
        (14, number(4998, 2), 44, -2),
    )
    entries = [frames.entry(bytes([c, 7, 0]), v, unit, scaler) for c, v, unit, scaler in rows]
    frame = frames.telegram(frames.list_message(entries))
    assert check_value_by_value(frame) == len(rows)
    assert read(frame).power_w == [-123, 3000, None]


def test_a_phase_that_is_left_out_is_unknown():
    """Neither current nor power of L2: the others stand, and it is not nothing."""
    rows = ((31, 421, 33, -2), (71, 9, 33, 0), (36, 900, 27, 0), (76, -2000, 27, 0))
    entries = [frames.entry(bytes([c, 7, 0]), number(v, 4), u, sc) for c, v, u, sc in rows]
    frame = frames.telegram(frames.list_message(entries))
    assert check_value_by_value(frame) == len(rows)
    assert read(frame).current_ma == [4210, None, 9000]
    assert read(frame).power_w == [900, None, -2000]


def test_kermit():
    """A telegram with the other CRC, inside and outside: each accepts it with that CRC only."""
    entries = [
        frames.entry(b"\x01\x08\x00", b"\x65\x01\x67\x9b\xaa", 0x1E, -1),
        frames.entry(b"\x10\x07\x00", b"\x53\xfe\x0c", 0x1B, -1),
    ]
    frame = frames.telegram(frames.list_message(entries, kind=frames.KERMIT), frames.KERMIT)
    assert check_value_by_value(frame, sml.KERMIT, "kermit") == 2
    assert read(frame, sml.X25).text() == "bad crc"
    with pytest.raises(CrcError):
        theirs(frame, "x25")


_SERVERS = st.lists(st.sampled_from([b"\x1b", b"\x01", b"\x1a", b"\x00"]), max_size=12).map(
    b"".join
)


@settings(deadline=None, max_examples=200)
@given(
    st.integers(1, 8),
    st.binary(min_size=8, max_size=8),
    st.booleans(),
    st.integers(-6, 6),
    _SERVERS,
)
def test_any_integer_of_any_width(size, number, is_signed, scaler, server):
    """Numbers, widths, scalers, and server ids that have escapes in them."""
    kind = 0x50 if is_signed else 0x60
    value = bytes([kind | size + 1]) + number[:size]
    entry = frames.entry(b"\x10\x07\x00", value, 0x1B, scaler)
    # smllib takes the first end it sees: one within data only confuses it
    if b"\x1b\x1b\x1b\x1b\x1a" in (data := frames.list_message([entry], server=server)):
        data = frames.list_message([entry], server=b"")
    check_value_by_value(frames.telegram(data))


_CHANGES = st.one_of(
    st.tuples(st.just("bit"), st.integers(0, 10**6), st.integers(0, 7)),
    st.tuples(st.just("byte"), st.integers(0, 10**6), st.integers(0, 255)),
    st.tuples(st.just("drop"), st.integers(0, 10**6), st.integers(1, 40)),
    st.tuples(st.just("double"), st.integers(0, 10**6), st.integers(1, 40)),
    st.tuples(st.just("add"), st.integers(0, 10**6), st.integers(0, 255)),
    st.tuples(st.just("swap"), st.integers(0, 10**6), st.integers(1, 8)),
)


def changed(frame: bytes, change: tuple[str, int, int]) -> bytes:
    how, at, much = change
    at %= max(1, len(frame))
    rest = frame[at:]
    return (
        frame[:at]
        + {
            "bit": lambda: bytes([rest[0] ^ 1 << much]) + rest[1:] if rest else b"",
            "byte": lambda: bytes([much]) + rest[1:],
            "drop": lambda: rest[much:],
            "double": lambda: rest[:much] + rest,
            "add": lambda: bytes([much]) + rest,
            "swap": lambda: rest[much : 2 * much] + rest[:much] + rest[2 * much :],
        }[how]()
    )


@settings(deadline=None, max_examples=1500)
@given(st.sampled_from(sorted(FRAMES)), st.lists(_CHANGES, min_size=1, max_size=4), st.booleans())
def test_no_change_is_accepted_with_another_value(name, changes, is_auto):
    """Whatever happens on the line: refused, or the values of the original."""
    frame = FRAMES[name]
    for change in changes:
        frame = changed(frame, change)
    telegram = read(frame, sml.AUTO if is_auto else sml.X25)
    if telegram.state == sml.DONE:
        assert all_values(telegram) == all_values(read(FRAMES[name]))


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(sorted(FRAMES)), st.lists(_CHANGES, min_size=1, max_size=3))
def test_the_inner_sum_refuses_what_the_outer_one_lets_pass(name, changes):
    """A telegram that was damaged before it was sealed: still no other values."""
    messages = frames.messages_of(FRAMES[name])
    for change in changes:
        messages = changed(messages, change)
    telegram = read(frames.telegram(messages))
    if telegram.state == sml.DONE:
        got, true = all_values(telegram), all_values(read(FRAMES[name]))
        assert all(value in (None, other) for value, other in zip(got, true))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(sorted(FRAMES)), min_size=1, max_size=4), st.data())
def test_cut_anywhere_the_same(names, data):
    """Telegrams back to back, in chunks of any size: each is read, none twice."""
    stream = b"".join(FRAMES[name] for name in names)
    telegram, done = sml.Telegram(sml.X25), 0
    while stream:
        size = data.draw(st.integers(1, 150))
        done += telegram.feed(stream[:size], len(stream[:size])) == sml.DONE
        stream = stream[size:]
    assert done == len(names)
    assert all_values(telegram) == all_values(read(FRAMES[names[-1]]))
