"""A meter's model, ready to be read: its blocks from the table (models.py), and what may follow.

Phases are 0, 1, 2 for L1, L2, L3. No clock, no stream.
"""

from micropython import const

from pilotlight.wire import registers

TELEGRAMS = ("p1", "sml", "iec-d", "iec-c")  # wire/p1.py, sml.py, iec62056.py
ENERGY_ONLY = ("iec-d", "iec-c")  # too weakly checked for a limit
OF_PHASES = ("I", "P", "V")  # quantities that each phase has

_TURN_MS = const(250)  # measured turn-arounds are 20-60 ms; 250 are allowed, as others do
_PIECE_MS = const(1000)
_NOMINAL_V = const(230)


class Block:
    """One read: `function`, first register `start`, `count` registers, `every_ms` (0: in every
    round). A field is (quantity, phase, register offset, registers, decoder, scale).
    """

    def __init__(self, function, start, count, every_ms, fields):
        self.function = function
        self.start = start
        self.count = count
        self.every_ms = every_ms
        self.fields = fields

    def has(self, quantity):
        """It holds this quantity."""
        return any([field[0] == quantity for field in self.fields])


class Model:
    """Of lines of the table: `blocks` with the balancing read first, `gap_ms` of quiet time before
    its next request, `turn_ms`, the longest time it may think before the first byte of a reply.
    """

    def __init__(self, lines):
        self.name, phases, gap_ms, most = lines[0].split()
        self.phases, self.gap_ms, self.most = int(phases), int(gap_ms), int(most)
        self.turn_ms = _TURN_MS
        self.blocks = [self._block(line.split()) for line in lines[1:]]

    def _block(self, words):
        function, start, count, every_s = words[:4]
        fields = []
        for word in words[4:]:
            quantity, offset, kind, scale = word.split(":")
            size = registers.words(kind)
            for phase in range(self.phases if quantity in OF_PHASES else 1):
                at = int(offset) + phase * size
                fields.append((quantity, phase, at, size, registers.KINDS[kind], int(scale)))
        return Block(int(function), int(start, 16), int(count), int(every_s) * 1000, fields)


def pieces(block):
    """A block in as many reads as it has quantities, for a meter that refuses the whole: there may
    be a hole in it. The current comes first; what was read with it in every round is then read
    once a second.
    """
    quantities = ["I"] if block.has("I") else []
    for field in block.fields:
        if field[0] not in quantities:
            quantities.append(field[0])
    found = [_piece(block, quantity) for quantity in quantities]
    found[0].every_ms = block.every_ms
    return found


def _piece(block, quantity):
    fields = [field for field in block.fields if field[0] == quantity]
    first, last = fields[0][2], fields[-1]
    moved = [(q, phase, at - first, n, decode, s) for q, phase, at, n, decode, s in fields]
    count = last[2] + last[3] - first
    return Block(block.function, block.start + first, count, block.every_ms or _PIECE_MS, moved)


def model(name) -> Model:
    """The model called `name`, one of `names()`. Raises KeyError."""
    return Model(_lines(name))


def phases_of(name):
    """How many phases the meter called `name` measures, 1 or 3."""
    return 3 if name in TELEGRAMS else int(_lines(name)[0].split()[1])


def _lines(name):
    """Those of one meter. Raises KeyError."""
    begin = 0
    table = _table()
    while begin < len(table):
        end = _end_of_meter(table, begin)
        if _name_at(table, begin) == name:
            return str(table[begin : end - 1], "ascii").split("\n")
        begin = end
    raise KeyError("no meter is called " + str(name))


def _table():
    """Imported for each search: it is long, and who searches lets go of it."""
    from pilotlight.wire.models import TABLE

    return TABLE


def _end_of_meter(table, at):
    """Where the next one begins: only the lines of reads begin with a space."""
    at = table.find(b"\n", at) + 1
    while table[at : at + 1] == b" ":
        at = table.find(b"\n", at) + 1
    return at


def _name_at(table, at):
    return str(table[at : table.find(b" ", at)], "ascii")


def names():
    """Those of all models, in the order of the table."""
    at = 0
    table = _table()
    while at < len(table):
        yield _name_at(table, at)
        at = _end_of_meter(table, at)


def is_export(current_ma: int, power_w: int, voltage_mv) -> bool:
    """True if a phase feeds current back, for judging a limit: P < -0.3 V I.

    A looser rule than the sign of P, which flips near zero power; in doubt a current counts as
    drawn. `current_ma` is a magnitude up to 1 000 000, `power_w` signed up to +-1 000 000,
    `voltage_mv` up to 500 000 or None, which counts as 230 V.
    """
    volts = _NOMINAL_V if voltage_mv is None else voltage_mv // 1000
    # 0.3 V I in 1/10 W; scaled first, so that everything stays a small int
    return power_w * 10 < -(volts * (current_ma // 100) * 3 // 10)
