"""The control pilot as a resistor network. Scenario time in ms, levels in mV at the terminal.

Generator +-12 V behind 1 kohm, the car's diode 0.7 V, R2 and, with S2 closed, R3 in parallel
(IEC 61851-1 Annex A as quoted by EVerest; node voltage V = Vd + (Vs - Vd) * R / (R + Rs)).
"""

VS_MV = 12000
RS_OHM = 1000
DIODE_MV = 700

CONSTANT_HIGH = 10000  # duty in 1/100 %: constant +12 V, "x1"
CONSTANT_LOW = 0  # constant -12 V, state F

BLOCK_MS = 20  # one reading is 20 periods of 1 kHz
DROPPED = 2  # highest and lowest samples left out of the mean, each
NEAR_EDGE_MV = 350
# Edges of the receive windows of Table A.4 as implemented by chargebyte.
EDGES_MV = (
    -13000,
    -11000,
    -10000,
    -2000,
    -1000,
    2000,
    4000,
    5000,
    7000,
    8000,
    10000,
    11000,
    13000,
)


def net_ohm(r2_ohm: int | None, r3_ohm: int | None, s2_closed: bool) -> float | None:
    """Resistance from pilot to earth behind the car's diode, ohm; None with no car."""
    if r2_ohm is None:
        return None
    if s2_closed and r3_ohm is not None:
        return r2_ohm * r3_ohm / (r2_ohm + r3_ohm)
    return float(r2_ohm)


def plus_mv(net: float | None, diode: str) -> int:
    """Level while the generator stands at +12 V."""
    if net is None or diode == "open":
        return VS_MV
    drop = 0 if diode == "shorted" else DIODE_MV
    return round(drop + (VS_MV - drop) * net / (net + RS_OHM))


def minus_mv(net: float | None, diode: str, leak_ohm: int | None = None) -> int:
    """Level while the generator stands at -12 V: a sound diode blocks it, but for a leak."""
    if net is None or diode != "shorted":
        net = None if net is None else leak_ohm
    return -VS_MV if net is None else -round(VS_MV * net / (net + RS_OHM))


def levels_mv(
    duty: int, net: float | None, diode: str = "ok", leak_ohm: int | None = None
) -> tuple[int, int]:
    """(high, low) level in mV for a duty in 1/100 %; a constant level shows in both parts."""
    if duty >= CONSTANT_HIGH:
        level = plus_mv(net, diode)
        return level, level
    if duty <= CONSTANT_LOW:
        level = minus_mv(net, diode, leak_ohm)
        return level, level
    return plus_mv(net, diode), minus_mv(net, diode, leak_ohm)


def near_edge(level_mv: int) -> bool:
    """True if noise could carry the level over an edge of Table A.4."""
    return any(abs(level_mv - edge) < NEAR_EDGE_MV for edge in EDGES_MV)


def trimmed_mean_mv(samples: list[int]) -> int:
    """Mean of one block without its 2 highest and 2 lowest samples, mV."""
    kept = sorted(samples)[DROPPED:-DROPPED]
    return round(sum(kept) / len(kept))


class PilotLine:
    """One outlet's pilot: its present level and what the last 40 ms looked like.

    `gain` and `offset_mv`: how divider and converter show a level.
    """

    def __init__(
        self,
        channel: int,
        noise: list[float],
        sigma_mv: float,
        place,
        gain: float = 1.0,
        offset_mv: int = 0,
    ):
        self._gain = gain
        self._offset_mv = offset_mv
        self._channel = channel
        self._noise = [round(value * sigma_mv) for value in noise]
        self._place = place
        self._history: list[tuple[int, int, int]] = [(-BLOCK_MS, VS_MV, VS_MV)]
        self._reading = (VS_MV, VS_MV, -1)
        self.near_edge = False

    def set_levels(self, t_ms: int, high_mv: int, low_mv: int) -> bool:
        """Take new levels from t_ms on; True if they differ from those before."""
        last = self._history[-1]
        if (last[1], last[2]) == (high_mv, low_mv):
            return False
        if last[0] == t_ms:
            self._history[-1] = (t_ms, high_mv, low_mv)
        else:
            self._history.append((t_ms, high_mv, low_mv))
        self._forget(t_ms - 2 * BLOCK_MS)
        self.near_edge = near_edge(high_mv) or near_edge(low_mv)
        self._reading = (0, 0, -1)
        return True

    def _forget(self, before_ms: int) -> None:
        while len(self._history) > 1 and self._history[1][0] <= before_ms:
            self._history.pop(0)

    def reading(self, t_ms: int) -> tuple[int, int, int]:
        """(high_mv, low_mv, end_t_ms) of the newest complete 20 ms block at t_ms >= 0."""
        end_ms = t_ms - t_ms % BLOCK_MS
        if self._reading[2] == end_ms:
            return self._reading
        self._reading = self.newest(end_ms)
        return self._reading

    def newest(self, end_ms: int) -> tuple[int, int, int]:
        """(high_mv, low_mv, end_t_ms) of the 20 periods that ended at end_ms, not before the last
        change.
        """
        last = self._history[-1]
        if last[0] <= end_ms - BLOCK_MS:
            high, low = last[1], last[2]
        else:
            high, low = self._mixed(end_ms)
        if self._gain != 1.0 or self._offset_mv:
            high = round(high * self._gain) + self._offset_mv
            low = round(low * self._gain) + self._offset_mv
        where = self._place(self._channel, end_ms)
        noise = self._noise
        return high + noise[where], low + noise[where - 1], end_ms

    def _mixed(self, end_ms: int) -> tuple[int, int]:
        """A block in which the level moved: the periods before and after it, trimmed."""
        high: list[int] = []
        low: list[int] = []
        entries = self._history
        at = 0
        for period_ms in range(end_ms - BLOCK_MS, end_ms):
            while at + 1 < len(entries) and entries[at + 1][0] <= period_ms:
                at += 1
            high.append(entries[at][1])
            low.append(entries[at][2])
        return trimmed_mean_mv(high), trimmed_mean_mv(low)
