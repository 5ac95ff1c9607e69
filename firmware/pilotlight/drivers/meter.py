"""A Modbus RTU meter on a serial line: one transaction at a time, values with their age.

`Line` owns a stream of the board contract and keeps the bus rules: drain before every request,
quiet time after trouble, gaps. `SerialMeter` is one slave on it: values and counters. Several
meters may share a Line if one task polls them in turn. Times are ticks_ms; no policy about what
to poll when, and none about how old is too old.
"""

from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const
from pilotlight.wire import meters, modbus

_POLL_MS = const(5)
_CHUNK_BYTES = const(64)
_DRAIN_CHUNKS = const(16)  # a babbling line is given up after 1 KiB, the next poll tries again
_QUIET_MS = const(100)  # after a timeout or a bad frame: time for the late rest to come in
_EARLY_MS = const(50)  # so long one that came sooner than the last may be followed by the true one
_POWER_MS = const(3000)  # older powers tell nothing of the direction now
_OTHERS = const(3)  # so often a second master is let talk first
_OTHER_SLAVE_MS = const(200)  # gap when the address changes (mbmd: the SDM family needs it)


class Line:
    """A serial line with a Modbus client on it.

    `stream` as in the board contract, `baud` 300...115200, `character_bits` 10 for 8N1, 11 with
    parity or a second stop bit.
    """

    def __init__(self, stream, baud: int = 9600, character_bits: int = 10):
        self._stream = stream
        self._baud = baud
        self._character_bits = character_bits
        # t3.5; the specification fixes 1.75 ms above 19200 baud
        self._settle_ms = max(_POLL_MS, self.wire_ms(4))
        self._chunk = bytearray(_CHUNK_BYTES)
        self._ready_ms = ticks_ms()
        self._longest_wait_ms = 0
        self._address = None
        self.sent_ms = self._ready_ms  # ticks just before the latest request went out

    def wire_ms(self, count: int) -> int:
        """Return the time `count` characters take, ms, rounded up."""
        return (count * self._character_bits * 1000 + self._baud - 1) // self._baud

    async def transact(self, request, reply, gap_ms: int, turn_ms: int) -> bool:
        """Send `request`, collect into `reply` (modbus.Reply); return True if it is DONE.

        Waits until the line was quiet for `gap_ms`, gives the slave `turn_ms` to think. Raises
        OSError if the stream is broken or closed.
        """
        await self._wait_ready(request[0], gap_ms)
        for _ in range(_OTHERS):
            if not self._drain():
                break
            await sleep_ms(turn_ms)  # the answer to a second master is not ours
        reply.expect(request)
        reply_bytes = 5 + 2 * request[5]
        wire_ms = self.wire_ms(len(request) + reply_bytes)
        # stands if we are cancelled in the middle: the reply still comes in then
        self._keep_quiet(wire_ms + turn_ms + gap_ms)
        self.sent_ms = ticks_ms()
        deadline = ticks_add(self.sent_ms, wire_ms + turn_ms)
        if await self._send(request, deadline):
            await self._collect(reply, ticks_add(self.sent_ms, wire_ms), deadline)
        reply.give_up()
        if reply.state == modbus.DONE:
            self._keep_quiet(gap_ms - self._settle_ms)
            return True
        self._keep_quiet(gap_ms)
        if reply.error != modbus.EXCEPTION:
            left_ms = ticks_diff(deadline, ticks_ms()) if reply.is_owed else 0
            await sleep_ms(max(left_ms, _QUIET_MS))
        return False

    async def _wait_ready(self, address, gap_ms):
        if self._address is not None and address != self._address:
            self._ready_ms = ticks_add(self._ready_ms, max(0, _OTHER_SLAVE_MS - gap_ms))
        self._address = address
        wait_ms = ticks_diff(self._ready_ms, ticks_ms())
        # a deadline days old may look like one ahead: never wait longer than was meant
        if wait_ms > 0:
            await sleep_ms(min(wait_ms, self._longest_wait_ms + _OTHER_SLAVE_MS))

    def _keep_quiet(self, wait_ms):
        self._ready_ms = ticks_add(ticks_ms(), wait_ms)
        self._longest_wait_ms = wait_ms

    async def _send(self, request, deadline):
        """Return True if the line took all bytes before the deadline."""
        at = 0
        while True:
            taken = self._stream.write(request if at == 0 else memoryview(request)[at:])
            at += taken or 0
            if at == len(request):
                return True
            if ticks_diff(ticks_ms(), deadline) >= 0:
                return False
            await sleep_ms(_POLL_MS)

    async def _collect(self, reply, first_ms, deadline):
        """Feed the reply until it is judged or the deadline has passed.

        The time both frames need on the wire is slept in one piece; what has arrived is always
        read once more before giving up, so a late loop does not lose a reply that was in time.
        """
        await sleep_ms(max(0, ticks_diff(first_ms, ticks_ms())))
        while True:
            is_over = ticks_diff(ticks_ms(), deadline) >= 0
            state = self._feed(reply)
            if state == modbus.DONE:
                break
            if state == modbus.FAILED or is_over:
                return
            await sleep_ms(_POLL_MS)
        early_ms = ticks_diff(ticks_add(first_ms, reply.turn_ms), ticks_ms())
        reply.turn_ms -= early_ms
        await sleep_ms(max(self._settle_ms, min(early_ms, _EARLY_MS)))
        self._feed(reply)  # accepted only if nothing follows

    def _feed(self, reply):
        count = self._read()
        while count and reply.feed(self._chunk, count) != modbus.FAILED:
            count = self._read()
        return reply.state

    def _drain(self):
        """Drop what has come; True if a request was the last of it."""
        count = end = 0
        for _ in range(_DRAIN_CHUNKS):
            count = self._read()
            if not count:
                break
            end = count
        begin = end - modbus.REQUEST_BYTES
        return begin >= 0 and modbus.crc16(self._chunk, begin, end) == 0

    def _read(self):
        """Return how many bytes came into the chunk, None if there are none now."""
        count = self._stream.readinto(self._chunk)
        if count == 0:
            raise OSError("closed by the other side")
        return count


class Read:
    """One block of a meter: its request, and how it went. `taken_ms`: ticks just before the latest
    good one was requested. `is_refused`: the meter does not know it (exceptions 1-3). `is_known`:
    it has answered, be it that it refused. `is_owed`: an answer to an earlier one may still come.
    """

    def __init__(self, address, block):
        self.block = block
        self.request = bytearray(modbus.REQUEST_BYTES)
        modbus.read_request(address, block.function, block.start, block.count, self.request)
        self.taken_ms = None
        self.is_refused = False
        self.is_owed = False
        self.is_known = False


def _sum(one, other):
    return None if one is None or other is None else one + other


class SerialMeter:
    """One meter on a `line`; `model` is a meters.Model, `address` 1...247.

    Values are None until read. Lists hold L1, L2, L3; a phase that the meter cannot tell (NaN) is
    None in it, and one that a single-phase meter has not got is 0: there is no such conductor.

    current_ma    magnitudes, or signed where the meter does so; meters.is_export tells a direction
    power_w       signed, import positive
    voltage_mv    phase to neutral
    energy_wh     imported; export_wh: exported
    total_w       of all phases
    frequency_mhz
    taken_ms      ticks just before the latest good balancing read was requested: the values are
                  not younger than the answer and not older than this plus the meter's own refresh
    sequence      grows by 1 with every good balancing read; a new number is a new sample
    reads         a Read per block, the balancing one first; a block that is refused gives way to
                  its pieces
    counts        transactions per outcome: "ok", modbus.NAMES, "port" for a broken stream
    lately        share of good ones among the latest 64 or so, 65536 for all
    last_error    text of the latest failure, None before the first
    clock_s       as of TelegramMeter: none tells the time
    """

    clock_s = None

    def __init__(self, line: Line, model: meters.Model, address: int):
        self._line = line
        self._reply = modbus.Reply()
        self.model = model
        self.address = address
        self.reads = [Read(address, block) for block in model.blocks]
        missing = [0] * (3 - model.phases)
        self.current_ma = [None] * model.phases + missing
        self.power_w = [None] * model.phases + missing
        self.voltage_mv = [None, None, None]
        self._of_phases = {"I": self.current_ma, "P": self.power_w, "V": self.voltage_mv}
        self._single: "dict" = {"Ptot": None, "Hz": None, "import": None, "export": None}
        self.taken_ms = None
        self.sequence = 0
        self.counts: "dict[str, int]" = dict.fromkeys(modbus.NAMES, 0)
        self.counts["port"] = 0
        self.lately = 65536
        self.last_error = None

    @property
    def energy_wh(self):
        """Energy imported, Wh, or None."""
        return self._single["import"]

    @property
    def export_wh(self):
        """Energy exported, Wh, or None."""
        return self._single["export"]

    @property
    def total_w(self):
        """Power of all phases, W, or None."""
        return self._single["Ptot"]

    @property
    def frequency_mhz(self):
        """Frequency, mHz, or None."""
        return self._single["Hz"]

    async def poll(self, number: int = 0) -> bool:
        """Make one of `reads` (0: the balancing read); True if its values are new.

        Takes as long as the wire and the meter need, at most about 0.5 s for short blocks at
        9600 baud, twice that where an answer is owed. A failure is counted, named in last_error
        and leaves all values as they are.
        """
        read = self.reads[number]
        if read.is_owed:
            other = self._other(read.block.count)
            # replies come in the order of requests: one to another read tells that no more is owed
            if other is not None and not await self._ask(other):
                return False
            read.is_owed = False
        if not await self._ask(read):
            return False
        if self._reply.state == modbus.DONE:
            self._take(number, read)
            return True
        read.is_refused = self._reply.is_refused
        if read.is_refused:
            self._split(number, read.block)
        return False

    def _other(self, count):
        """A read with a reply of another length, best one that the meter has answered before.

        Where it has answered none, and may never answer that one: in three of four cases.
        """
        other = None
        for read in self.reads:
            if read.block.count != count:
                if read.is_known:
                    other = read
                    if not read.is_owed:
                        break
                elif other is None and self.counts["no reply"] & 3:
                    other = read
        return other

    async def _ask(self, read):
        """True if the meter has answered, be it that it refuses."""
        reply, model = self._reply, self.model
        was_owed, read.is_owed = read.is_owed, True  # stands if we are cancelled in the middle
        try:
            is_good = await self._line.transact(read.request, reply, model.gap_ms, model.turn_ms)
        except OSError as error:
            self._count_failure("port", "serial port: %s" % error)
            return False
        read.is_owed = was_owed or reply.is_owed
        is_answered = is_good or reply.error == modbus.EXCEPTION
        read.is_known |= is_answered
        if is_good:
            self.counts["ok"] += 1
            self.lately += 1024 - (self.lately >> 6)
        else:
            self._count_failure(modbus.NAMES[reply.error], reply.text())
        return is_answered

    def _split(self, number, block):
        """Read in pieces what the meter refuses as a whole: there may be a hole in it."""
        pieces = meters.pieces(block)
        if len(pieces) > 1:
            self.reads[number] = Read(self.address, pieces[0])
            self.reads += [Read(self.address, piece) for piece in pieces[1:]]

    def _take(self, number, read):
        read.is_refused = False
        read.taken_ms = self._line.sent_ms
        for quantity in self._single:
            if read.block.has(quantity):
                self._single[quantity] = 0
        for field in read.block.fields:
            self._take_field(*field)
        if number == 0:
            self.taken_ms = self._line.sent_ms
            self.sequence += 1
            self._forget_old_power(self.taken_ms)

    def _forget_old_power(self, now_ms):
        """Powers of another read tell the direction of what is read now: not for long."""
        for read in self.reads:
            if read.taken_ms is not None and read.block.has("P"):
                if ticks_diff(now_ms, read.taken_ms) > _POWER_MS:
                    read.taken_ms = None
                    for p in range(self.model.phases):
                        self.power_w[p] = None

    def _take_field(self, quantity, phase, offset, _, decode, scale):
        value = decode(self._reply.buf, modbus.DATA_AT + 2 * offset, scale)
        if quantity in self._of_phases:
            self._of_phases[quantity][phase] = value
        else:  # what is there twice, by tariff, is added up
            before = self._single[quantity]
            self._single[quantity] = _sum(before, value)

    def _count_failure(self, name, text):
        self.counts[name] += 1
        self.lately -= self.lately >> 6
        self.last_error = text
