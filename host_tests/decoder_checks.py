"""What must hold for any bytes that a decoder of `wire` is given; for generated and fuzzed bytes.

A check takes bytes, feeds them as they are and, where a sum would keep them out, sealed, and fails
with AssertionError if the decoder raises anything but its own error, takes what an independent
decoder or the plain definition refuses, or does not take the next good one.
"""

import math
import struct
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction

from other_side import crc
from pilotlight.wire import command, dns, iec62056, modbus, mqttframe, p1, registers, sml, sntp
from pilotlight_host.paths import HOST_TESTS
from pilotlight_host.sim.badparties import decoded
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

sys.path.append(str(HOST_TESTS / "both"))
import p1_bench
import sml_frames

_CLIENT = FramerRTU(DecodePDU(False))
_TABLE = FramerRTU.crc16_table  # of 0xA001, as P1 has it
_MAX = (1 << 30) - 1
_REQUESTS = ((1, 4, 6, 12), (1, 3, 0x5B0C, 16), (247, 4, 0, 1), (9, 4, 0, 125))


def _request(address, function, start, count):
    into = bytearray(8)
    modbus.read_request(address, function, start, count, into)
    return into


def _parts(data: bytes, step: int) -> Iterator[bytes]:
    for at in range(0, len(data), step):
        yield data[at : at + step]


def check_modbus(data: bytes) -> None:
    """The first byte says which request it is, how it is cut, and whether the frame is sealed."""
    if not data:
        return
    head, body = data[0], data[1:]
    request = _request(*_REQUESTS[head & 3])
    stream = body + crc(body) if head & 4 else body
    reply = modbus.Reply()
    reply.expect(request)
    for part in _parts(stream, 1 + (head >> 3)):
        reply.feed(part, len(part))
    if reply.state == modbus.DONE:
        theirs = decoded(_CLIENT, stream.removeprefix(bytes(request)))
        assert theirs is not None and theirs.dev_id == request[0], "pymodbus refuses it"
        assert theirs.function_code == request[1]
        assert len(theirs.registers) == request[5]
        told = struct.pack(f">{request[5]}H", *theirs.registers)
        assert bytes(reply.buf[3 : 3 + len(told)]) == told
    reply.give_up()
    assert reply.state in (modbus.DONE, modbus.FAILED)
    assert (reply.error == modbus.OK) == (reply.state == modbus.DONE)
    assert reply.text()


def _half_away(value: Fraction) -> int | None:
    size = int(abs(value) + Fraction(1, 2))
    return None if size > _MAX else size if value >= 0 else -size


def check_registers(data: bytes) -> None:
    """Each kind of number against struct and exact fractions; the scale is made of two bytes."""
    if len(data) < 10:
        return
    number = int.from_bytes(data[:2], "big")
    raw = data[2:10]
    scale = (1, 10, 100, 1000, 100_000, -2, -10, -1000)[number % 8]
    factor = Fraction(scale) if scale > 0 else Fraction(1, -scale)
    for kind, form in (
        ("u16", ">H"), ("i16", ">h"), ("u32", ">I"), ("i32", ">i"), ("u64", ">Q"),
    ):  # fmt: skip
        size = struct.calcsize(form)
        (told,) = struct.unpack(form, raw[:size])
        lowest = -(1 << (8 * size - 1))
        none = told in (lowest, ~lowest) if kind[0] == "i" else told == (1 << (8 * size)) - 1
        want = None if none else _half_away(told * factor)
        assert registers.KINDS[kind](raw, 0, scale) == want, (kind, raw.hex(), scale)
        if size == 4:  # the low word first
            swapped = raw[2:4] + raw[:2]
            assert registers.KINDS[kind + "l"](swapped, 0, scale) == want, (kind, raw.hex())
    (single,) = struct.unpack(">f", raw[:4])
    if math.isfinite(single):  # a division is of the rounded whole number
        whole = _half_away(Fraction(single) * max(scale, 1))
        want = whole if scale > 0 or whole is None else _half_away(whole * factor)
    else:
        want = None
    assert registers.f32(raw, 0, scale) == want, (raw[:4].hex(), scale)
    (double,) = struct.unpack(">d", raw)
    whole = _half_away(Fraction(double)) if math.isfinite(double) else None
    want = None if whole is None else _half_away(whole * factor)
    assert registers.f64(raw, 0, scale) == want, (raw.hex(), scale)


def _arc(data: bytes) -> int:
    """CRC-16/ARC by pymodbus' table: a fuzzer makes many."""
    total = 0
    for byte in data:
        total = total >> 8 ^ _TABLE[(total ^ byte) & 255]
    return total


_P1_GOOD = p1_bench.sealed("1-0:31.7.0(001.06*A)", "1-0:1.8.1(000001.000*kWh)")
_P1_LONGEST = 16384 + 13  # what is taken for an encrypted frame is passed over in full


def check_p1(data: bytes) -> None:
    """As they are, and sealed as a telegram; bit 0 of the first byte: a line of 7E1 without CRC."""
    if not data:
        return
    head, body = data[0], data[1:]
    is_open = bool(head & 1)
    telegram = p1.Telegram(needs_crc=not is_open, is_7e1=is_open)
    stream = body
    if head & 2:
        text = b"/ABC5\\x\r\n\r\n" + body.replace(b"!", b"") + b"\r\n!"
        stream = text + b"%04X\r\n" % _arc(text)
    is_done = False
    for part in _parts(stream, 1 + (head >> 2)):
        is_done |= telegram.feed(part, len(part)) == p1.DONE
        assert telegram.text()
    if is_done and not is_open:
        at = stream.rfind(b"!")
        text = stream[stream.find(b"/") : at + 1]
        sums = [f"{_arc(text[n:]):04X}" for n, c in enumerate(text) if c == 0x2F]
        assert any(total.encode() in stream for total in sums), "no sum fits"
    if not is_open:
        for _ in range(_P1_LONGEST // len(_P1_GOOD) + 3):
            if telegram.feed(_P1_GOOD, len(_P1_GOOD)) == p1.DONE:
                break
        assert telegram.error == p1.OK, "the good ones behind it are not taken"
        assert telegram.current_ma[0] == 1060


_SML_GOOD = sml_frames.telegram(
    sml_frames.list_message([sml_frames.entry(b"\x24\x07\x00", b"\x53\x01\x02")])
)


def _sml_stream(head: int, body: bytes) -> bytes:
    if head & 3 == 1:
        return sml_frames.telegram(body)
    if head & 3 == 2:
        return sml_frames.telegram(sml_frames.list_message([body]))
    if head & 3 == 3:
        value = bytes([body[0]]) + body[1:9] if body else b"\x01"
        entry = sml_frames.entry(b"\x10\x07\x00", value, 0x1B, body[9] if len(body) > 9 else 0)
        return sml_frames.telegram(sml_frames.list_message([entry]))
    return body


def check_sml(data: bytes) -> None:
    """As they are, as sealed messages, as entries of a sealed list, as a value in an entry."""
    if not data:
        return
    head, body = data[0], data[1:]
    stream = _sml_stream(head, body)
    telegram = sml.Telegram(sml.X25 if head & 4 else sml.AUTO, steps=head >> 6)
    is_done = False
    for part in _parts(stream, 1 + (head >> 3 & 7) * 9):
        is_done |= telegram.feed(part, len(part)) == sml.DONE
    for _ in range(3000):  # what is left of reading step by step
        if not telegram.is_within():
            break
        is_done |= telegram.feed(b"", 0) == sml.DONE
    if is_done and not head & 3:
        assert _has_sum(stream), "no sum fits"
    assert telegram.text() and isinstance(telegram.hint(), str)
    for value in (*telegram.current_ma, *telegram.power_w, *telegram.voltage_mv, telegram.total_w):
        assert value is None or -_MAX <= value <= _MAX
    telegram.give_up()
    for _ in range(4):  # a start within data, an end without one, the other kind of CRC
        telegram.feed(_SML_GOOD, len(_SML_GOOD))
        for _ in range(3000):
            if telegram.state == sml.DONE or not telegram.is_within():
                break
            telegram.feed(b"", 0)
    assert telegram.error == sml.OK, "the good ones behind it are not taken"
    assert telegram.power_w[0] == 258


def _has_sum(stream: bytes) -> bool:
    """From some start to some end the sum is right."""
    starts = [n for n in range(len(stream)) if stream.startswith(sml_frames.START, n)]
    ends = [n + 8 for n in range(len(stream)) if stream.startswith(sml_frames.ESCAPE + b"\x1a", n)]
    return any(
        sml_frames.crc(stream[start : end - 2], kind) == stream[end - 2 : end]
        for start in starts
        for end in ends
        if start + 16 <= end <= len(stream)
        for kind in (sml_frames.X25, sml_frames.KERMIT)
    )


_IEC_GOOD = b"/ABC5x\r\n1.8.0(001234.56*kWh)\r\n!\r\n"


def check_iec62056(data: bytes) -> None:
    """Mode C if bit 0 of the first byte is set, sealed with bit 1."""
    if not data:
        return
    head, body = data[0], data[1:]
    readout = iec62056.Readout(bool(head & 1))
    stream = body
    if head & 2:
        text = body.replace(b"!", b"") + b"\r\n!\r\n\x03"
        total = 0
        for byte in text:
            total ^= byte
        stream = b"\x02" + text + bytes([total])
    for part in _parts(stream, 1 + (head >> 2)):
        state = readout.feed(part, len(part))
        if state == iec62056.IDENTIFIED:
            assert iec62056.acknowledge(readout.baud)
        assert readout.text()
    for value in (readout.energy_wh, readout.export_wh, readout.total_w, *readout.power_w):
        assert value is None or -_MAX <= value <= _MAX
    readout.give_up()
    if not head & 1:
        states = [readout.feed(_IEC_GOOD, len(_IEC_GOOD)) for _ in range(2)]
        assert states[-1] == iec62056.DONE, "the good ones behind it are not taken"
        assert readout.energy_wh == 1_234_560


def check_command(data: bytes) -> None:
    """A command: of the first byte, what; the rest is the payload, or topic and payload."""
    if not data:
        return
    head, body = data[0], data[1:]
    if head & 4:
        topic, _, text = body.partition(b"\x00")
    else:
        what = (b"limit", b"mode", b"need", b"priority")[head & 3]
        topic, text = b"pilotlight/home/outlet/2/set/" + what, body
    asked = command.Command()
    try:
        asked.read(topic, text, bool(head & 8), 2)
    except command.CommandError as error:
        assert str(error)
        return
    assert (asked.outlet is None) == (asked.what == command.DIM)
    assert asked.outlet is None or 1 <= asked.outlet <= 2
    assert asked.limit_ma is None or asked.limit_ma == 0 or 6000 <= asked.limit_ma <= 80000
    assert asked.for_s is None or 1 <= asked.for_s <= 432000
    assert asked.id is None or 1 <= len(asked.id) <= 32
    assert asked.utc_s is None or 0 <= asked.utc_s < 1 << 32


_DNS_ASKED = dns.question("a.example", 0x1234)
_DNS_HEAD = b"\x12\x34\x81\x80\x00\x01\x00"


def check_dns(data: bytes) -> None:
    """An answer: as it is, or (first bit) behind the right number, flags and question."""
    if not data:
        return
    packet = data[1:]
    if data[0] & 1:
        packet = _DNS_HEAD + data[:1] + bytes(4) + _DNS_ASKED[12:] + packet
    try:
        found = dns.answer(packet, _DNS_ASKED)
    except dns.DnsError as error:
        assert str(error)
        return
    if found is not None:
        addresses, ttl_s = found
        assert 1 <= len(addresses) <= 32 and 0 <= ttl_s <= 0xFFFFFF
        assert all(0 < int(address.split(".")[0]) < 224 for address in addresses)


_SNTP_TOKEN = b"\x8a7Zk\x00\xffq2"
_NTP_EPOCH_S = 2208988800


def check_sntp(data: bytes) -> None:
    """An answer: as it is, or (first bit) with mode and token of one that was asked for."""
    if not data:
        return
    packet = data[1:]
    if data[0] & 1:
        packet = bytes([packet[0] & 0xF8 | 4 if packet else 4]) + packet[1:24].ljust(23, b"\0")
        packet += _SNTP_TOKEN + data[25:]
    try:
        found = sntp.answer(packet, _SNTP_TOKEN)
    except sntp.SntpError as error:
        assert str(error)
        assert packet[1] in (0, *range(16, 256)) or packet[0] >> 6 == 3 or not any(packet[40:44])
        return
    if found is not None:
        utc_s, beyond_ms, within_ms = found
        assert packet[24:32] == _SNTP_TOKEN and packet[0] & 7 == 4 and len(packet) >= 48
        delay, spread, sent = struct.unpack(">II28xQ", packet[4:48])
        assert (utc_s + _NTP_EPOCH_S) % (1 << 32) == sent >> 32 and utc_s >= -(1 << 31) + 1
        assert utc_s + _NTP_EPOCH_S >= 1 << 31  # from 1968 on: until 2104
        assert beyond_ms == (sent >> 16 & 0xFFFF) * 1000 >> 16
        assert within_ms == (delay * 1000 >> 16) // 2 + (spread * 1000 >> 16)


def check_mqttframe(data: bytes) -> None:
    """Packets cut out of bytes are those bytes, in order."""
    frames, out = mqttframe.Frames(), b""
    try:
        for part in _parts(data, 7):
            frames.feed(part, len(part))
            while (packet := frames.next()) is not None:
                assert 2 <= len(packet) <= 1024
                out += packet
    except mqttframe.FrameError as error:
        assert str(error)
    assert data.startswith(out)


CHECKS: dict[str, Callable[[bytes], None]] = {
    "modbus": check_modbus,
    "registers": check_registers,
    "p1": check_p1,
    "sml": check_sml,
    "iec62056": check_iec62056,
    "command": check_command,
    "dns": check_dns,
    "sntp": check_sntp,
    "mqttframe": check_mqttframe,
}

_REPLY = bytes.fromhex("010404C32C9822EDD0")
SEEDS: dict[str, list[bytes]] = {
    "modbus": [
        b"\x00" + bytes((1, 4, 24)) + bytes(24),
        b"\x04" + bytes((1, 4, 24)) + bytes(range(24)),
        b"\x06" + bytes((247, 4, 2, 1, 2)),
        b"\x04\x01\x84\x02",
        b"\xf8" + bytes(_request(1, 4, 6, 12)) + _REPLY,
    ],
    "registers": [struct.pack(">Hf4x", 3, 16.25), struct.pack(">Hd", 1, -230.5)],
    "p1": [
        b"\xfc" + p1_bench.FLUVIUS_3,
        b"\xfd" + p1_bench.as_7e1(p1_bench.V4_2),
        b"\xfe1-0:31.7.0(001.06*A)\r\n1-0:21.7.0(00.244*kW)\r\n1-0:32.7.0(230.1*V)",
        b"\xfe0-0:1.0.0(260115170000W)\r\n1-0:1.8.0*255(00052185.7825309*kWh)",
        b"\xfc\xdb\x08ABCDEFGH\x82\x00\x10",
    ],
    "sml": [
        *(b"\x38" + f for f in (sml_frames.EBZ, sml_frames.HOLLEY, sml_frames.EMH)),
        b"\x3d" + sml_frames.messages_of(sml_frames.EBZ),
        b"\x3e" + sml_frames.entry(b"\x1f\x07\x00", b"\x63\x01\x02", 0x21, -2),
        b"\x3f\x55\x00\x00\x10\x00",
    ],
    "iec62056": [
        b"\xfc" + _IEC_GOOD * 2,
        b"\xff1.8.0(001234.56*kWh)\r\n2.8.0(0.1*kWh)",
        b"\xfd/ABC5x\r\n",
    ],
    "dns": [
        b"\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04\xc0\xa8\x01\x0a",
        b"\x03\xc0\x0c\x00\x05\x00\x01\x00\x00\x01\x2c\x00\x02\xc0\x0c",
    ],
    "sntp": [
        b"\x01\x24\x02\x06\xec\x00\x00\x10\x00\x00\x00\x08\x00GPS".ljust(41, b"\0")
        + b"\xea\x00\x00\x00\x80\x00\x00\x00",
        b"\x01\x24\x00\x06\xec".ljust(13, b"\0") + b"RATE".ljust(36, b"\0"),
        b"\x01\xe4\x01".ljust(49, b"\x01"),
        b"\x00\x24\x01".ljust(25, b"\0") + _SNTP_TOKEN + bytes(12) + b"\x00\x00\x00\x01",
    ],
    "command": [
        b'\x00{"limit_a": 10, "for_s": 60}',
        b"\x0010.5",
        b'\x02{"need_wh": 5, "for_s": 5, "id": "a", "utc_s": 1795000000}',
    ],
    "mqttframe": [bytes.fromhex("20020000"), b"\x30\x85\x01" + bytes(133)],
}
