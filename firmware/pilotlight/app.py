"""The running site: what build.py, sensors.py and helpers.py have built, and its words.

    site file -> config -> feeders, places, units -> control (awaited) + helpers (supervised)

What a site need not have is imported where it is wanted: memory is tight.
If control ends or raises, `run` returns or raises with every output safe.
"""

import asyncio
from time import ticks_ms

from pilotlight import VERSION, config
from pilotlight.core import journal, pilot, policy, status
from pilotlight.services.calibration import Calibration
from pilotlight.services.doubts import Doubts
from pilotlight.services.keeper import Keeper
from pilotlight.services.metering import clock_of, read_clamps
from pilotlight.services.outside import Outside
from pilotlight.services.supervisor import keep_running, look_often
from pilotlight.services.tuner import Tuner
from pilotlight.services.wishes import Wishes

SiteError = config.SiteError

# the last part of keys whose change acts at once
LIVE = (
    "limit_a",
    "base_max_a",
    "reserve_a",
    "max_a",
    "pilot_cal",
    "gain",
    "shift_us",
    "policy",
    "priority",
    "import_w",
    "quarter_w",
    "export_w",
    "unbalance_a",
    "dimming_w",
    "mode",
)


class App:
    """One site on one board. `seed` (0...2^24-1) of what is random; None: drawn by the board.

    Raises config.SiteError if the site file is wrong; nothing is energised then.
    """

    def __init__(self, board, seed=None):
        self.board = board
        self.journal = journal.Journal()
        self._lost = None
        self._commissioning = self._records = None
        self.site_path = board.storage + "/site.json"
        self.site = config.load(self.site_path)
        self.power = {}
        self._build(seed)
        self.doubts = Doubts(board, self.control.feeders, self.meters, self.journal)
        self.outside = Outside(board, self.control.balancer, self.journal)
        self.network_wishes = Wishes(self.control.units, self.journal, "network", self.outside)
        if self.site["modem"] is not None and board.network is not None:
            board.network.apn = self.site["modem"]["apn"]
        self._build_helpers()
        self._apply(self.site)
        self.keeper = self._build_keeper()
        self.tuner = Tuner(
            self.site_path, self.site, config, self._apply, LIVE, self._may_write, self.journal
        )
        self.calibration = Calibration(self._to_calibrate, self.journal)
        self._console = None

    # ------------------------------------------------------------------ running

    async def run(self):
        """Control is awaited; the helpers are kept running beside it."""
        loop = asyncio.get_event_loop()
        loop.set_exception_handler(self._on_lost_exception)
        self.journal.note(ticks_ms(), "started, version " + VERSION)
        if self.diary is not None:
            self.diary.begin()
        helpers = [asyncio.create_task(task) for task in self._helpers()]
        try:
            await self.control.run()
            if self._lost is not None:
                raise self._lost
        finally:
            self.board.safe()
            for helper in helpers:
                helper.cancel()

    def _helpers(self):
        board, note = self.board, self.journal
        if board.panel is not None:
            from pilotlight.services.panel import Panel

            panel = Panel(board.panel, self.control, self._acknowledge_all)
            yield keep_running("panel", lambda: look_often(board, panel), note)
        yield keep_running("limits", self.limits.run, note)
        yield keep_running("doubts", self.doubts.run, note)
        yield keep_running("outside", self.outside.run, note)
        slow = (self.keeper,) if self.diary is None else (self.keeper, self.diary)
        yield keep_running("kept", lambda: look_often(board, *slow), note)
        yield keep_running("site file", lambda: look_often(board, self.tuner), note)
        yield keep_running("calibration", lambda: look_often(board, self.calibration), note)
        if self.sessions is not None:
            ledgers = (self.ledger, self._events)  # never both at once: that would be long
            yield keep_running("ledger", lambda: look_often(board, *ledgers), note)
            yield keep_running("sessions", lambda: look_often(board, self.sessions), note)
        if self.clamps is not None:
            yield keep_running("clamps", lambda: read_clamps(board, self.clamps), note)
        for port, line in self._lines:
            yield keep_running("serial port " + port, line.run, note)
        yield keep_running("clock", lambda: look_often(board, self.times), note)
        if self.timekeeper is not None:
            yield keep_running("time server", self.timekeeper.run, note)
        if self.mqtt is not None:
            yield keep_running("mqtt", self.mqtt.run, note)
        if board.console is not None:
            from pilotlight.services.typist import serve

            console = self.console
            yield keep_running("console", lambda: serve(board, console), note)

    def _on_lost_exception(self, _loop, context):
        """An exception that nobody waits for: outputs safe at once, end control, tell."""
        self.board.safe()
        self.control.is_stopped = True
        self._lost = context.get("exception")
        self.journal.note(ticks_ms(), "lost exception: " + str(self._lost))

    # ------------------------------------------------------------------ building

    def _build(self, seed):
        """Devices and decisions. What builds them is of no use to the running site, and let go."""
        from pilotlight import build, fit, sensors

        site, board = self.site, self.board
        self._built = site  # tuning makes another one
        fit.check(site, board.capabilities)
        self.clamps = sensors.build_clamps(site, board, self.power)
        self._lines, self.meters = sensors.build_lines(site, board, self.journal)
        parts = (self.journal, self.clamps, self.meters, self.power)
        builder = build.Builder(site, board, *parts)
        self.control = builder.control()
        self.limits = builder.limits(self.control.units, seed)
        config.let_go("build", "fit", "sensors", "wire.models")

    def _build_helpers(self):
        """Clock, records, network; what builds them is let go, too."""
        from pilotlight import helpers

        site, board, journal = self.site, self.board, self.journal
        self.clock, self.times = helpers.clock(site, board, self.meters, journal)
        self.timekeeper = helpers.timekeeper(site, board, self.times, journal)
        parts = (self.meters, self.clock, journal, self._may_write)
        made = helpers.records(board, site, self.control, *parts)
        self.ledger, self.sessions, self._events = made
        ledgers = ((self.ledger, "record"), (self._events, "diary")) if self.ledger else ()
        parts = (self.control, journal, self.network_wishes, self.snapshot, self.clock, ledgers)
        self.mqtt = helpers.mqtt(board, site, *parts)
        self.diary = helpers.diary(self._events, journal, self.clock, self.mqtt)
        config.let_go("helpers")

    @property
    def console(self):
        """What a person types, built for the first who wants it: a board may have no place to."""
        if self._console is None:
            from pilotlight.services.console import Console

            parts = (self.control.units, self.journal, "person", self.outside, self._acknowledge)
            more = {
                "drill": self.doubts.drill,
                "record": self.record,
                "commission": self.commission,
                "ledger": self.told_ledger,
                "diary": self.told_diary,
                "clock": self.times.tell,
            }
            person = Wishes(*parts)
            parts = (self.control, person, self.tuner, self.journal, self.calibration, self.times)
            self._console = Console(*parts, (self.more_status, self.snapshot), more)
        return self._console

    def _build_keeper(self):
        parts = (self.control.feeders, self.meters, self.outside, self.journal, self._may_write)
        keeper = Keeper(self.board, *parts, self.ledger)
        self.outside.keeper = keeper  # pyright: ignore - on a PC decisions need none
        keeper.restore()
        return keeper

    def _apply(self, site):
        """Take the values of a checked site that act at once."""
        self.site = site
        if self.clamps is not None:
            from pilotlight.sensors import set_gains

            set_gains(self.clamps, site)
            config.let_go("sensors")
        set_values(self.control.balancer, site)
        self.outside.apply(site)
        for unit, table in zip(self.control.units, site["outlets"]):
            limit_ma = min(config.ma(table["max_a"]), self.board.capabilities["max_ma"])
            reason = "all that outlet and wiring carry"
            if self.board.resets is not None and self.board.resets.is_latched:
                limit_ma, reason = 0, "the board was reset three times; resume() acknowledges it"
            unit.claims.of("board").put(limit_ma, None, reason)
            unit.pilot.calibrate(table["pilot_cal"])
            if self.board.capabilities["guard"]:
                self._tell_guard(unit)

    def _tell_guard(self, unit):
        """Between which levels, as this outlet measures them, its car may have current."""
        has_fan = self.board.capabilities.get("ventilation")
        edges = pilot.OF_C_AND_D_MV if has_fan else pilot.OF_C_MV
        self.board.outlets[unit.number - 1].set_edges(*map(unit.pilot.as_measured, edges))

    def _to_calibrate(self, what, amps):
        """Begin with the pilot of an outlet, or with the clamp through which so many amps flow."""
        # imported only where somebody does that
        if amps is None and not isinstance(what, str):
            from pilotlight.services.points import Points

            return Points(self.network_wishes.unit(what), self._keep_points)
        from pilotlight.services.gain import Gain

        return Gain(what, amps, self.clamps, lambda: self.site)

    def _keep_points(self, number, points):
        """Calibrate outlet `number` for good. Returns the points before, and when it is saved."""
        before = self.site["outlets"][number - 1]["pilot_cal"]
        self.tuner.tune("outlets[" + str(number - 1) + "].pilot_cal", points)
        return before, self.tuner.save()

    def _may_write(self):
        """A board whose processor stands still while it writes does so with contactors open."""
        if not self.board.capabilities["storage_stall_ms"]:
            return True
        return not any([unit.contactor.is_commanded for unit in self.control.units])

    def _acknowledge(self, number):
        """A person has looked at outlet `number`, and at the board's resets."""
        self.limits.acknowledge(number)
        self.doubts.acknowledge()
        self.control.units[number - 1].around.acknowledge()
        self.control.units[number - 1].place.stir()
        if self.board.resets is not None and self.board.resets.is_latched:
            self.board.resets.acknowledge()
            self.journal.note(ticks_ms(), "resets of the board acknowledged")
            self._apply(self.site)

    def _acknowledge_all(self):
        """A person has held the button: every latched fault, and the board's resets."""
        self.journal.note(ticks_ms(), "faults acknowledged at the button")
        for unit in self.control.units:
            unit.outlet.acknowledge()
            self._acknowledge(unit.number)

    def record(self, is_on=None):
        """Record decisions (True), or no longer (False); returns in words how it stands."""
        if self._records is None:
            from pilotlight.services.recorder import Records

            parts = (self.outside, self._built, self._may_write)
            self._records = Records(self.board, self.control, *parts)
        return self._records.record(is_on)

    def commission(self, outlet=None, stop=False):
        """Begin to find out what is wired where (at one outlet), tell how far that is, end it."""
        # imported only where somebody does that
        from pilotlight.services.commission import answer

        units = self.control.units
        if outlet is not None:
            units = [self.network_wishes.unit(outlet)]
        parts = (self.board, self.control, self.site, self.journal, units)
        self._commissioning, text = answer(self._commissioning, outlet, stop, parts)
        config.let_go("services.commission", "services.findings", "core.commission")
        return text

    # ------------------------------------------------------------------ words

    def told_ledger(self):
        """The last sessions, and how the ledger stands."""
        if self.ledger is None:
            return "this board keeps no records"
        from pilotlight.services import reading

        return reading.of_records(self.ledger)

    def told_diary(self):
        """The last events in flash, also from before this start."""
        if self._events is None:
            return "this board keeps no events"
        from pilotlight.services import pieces, reading

        return pieces.Pieces(reading.of_events(self._events))

    def snapshot(self):
        """The site as published: feeders, meters, energy, time, commands, temperature, beat."""
        now_ms = ticks_ms()
        site: dict = {"feeders": [status.of_feeder(now_ms, f) for f in self.control.feeders]}
        if self.power:
            site["power"] = self.power
        site["meters"] = {reader.name: _told(reader.meter) for reader in self.meters}
        site["energy_wh"] = {reader.name: reader.meter.energy_wh for reader in self.meters}
        told = clock_of(self.meters, now_ms)
        if told is not None:
            site["clock"] = told
        site["time"] = self.times.shown(now_ms)
        site.update(self.outside.shown(now_ms))
        if self.mqtt is not None:
            site["commands"] = {
                "taken": self.mqtt.commands.taken,
                "refused": self.mqtt.commands.refused,
            }
        if self.ledger is not None:
            site["records"] = self.ledger.shown()
        if self.diary is not None:
            site["events"] = self.diary.shown()
        site["board_c"] = self._board_c()
        site["latest_ms"] = self.control.latest_ms
        return site

    def more_status(self):
        """Lines on the helpers: meters, network, temperature, control."""
        from pilotlight.services import reading

        counts = {reader.name: _told(reader.meter) for reader in self.meters}
        return reading.of_helpers(self, counts, self._board_c())

    def _board_c(self):
        """Temperature of the board, degrees C, or None."""
        return self.board.board_c() if self.board.capabilities.get("board_temperature") else None


def set_values(balancer, site):
    """Give a balancer the values of a checked site that act at once."""
    for made, table in zip(balancer.feeders, site["feeders"]):
        limit_a = table["rating_a"] if table["limit_a"] is None else table["limit_a"]
        made.limit_ma = config.ma(limit_a)
        made.reserve_ma = config.ma(table["reserve_a"])
        base_a = table["base_max_a"]
        made.base_max_ma = None if base_a in (None, "measured") else config.ma(base_a)
    balancer.policy = policy.ALL[site["site"]["policy"]]
    for place, table in zip(balancer.places, site["outlets"]):
        place.priority = table["priority"]


def _told(meter):
    """Only the outcomes that have happened, and how many of the latest were good."""
    told = {name: meter.counts[name] for name in meter.counts if meter.counts[name]}
    if told:
        told["good_pct"] = meter.lately * 100 >> 16
    return told
