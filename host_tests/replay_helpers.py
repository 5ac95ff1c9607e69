"""Storms whose decisions are recorded, and what those decisions stood on, seen by another walk than
that of core/slots.py.
"""

import asyncio
import copy
from random import Random
from types import SimpleNamespace

from pilotlight import config
from pilotlight.core import policy, trust
from pilotlight.core.need import Need
from pilotlight.core.place import MODES
from pilotlight.core.shares import Pool
from pilotlight.services.outside import Outside
from pilotlight.services.recorder import Recorder
from pilotlight_host.replay import reader
from pilotlight_host.replay.decider import Decider
from pilotlight_host.replay.reader import Cursor, Recording
from pilotlight_host.replay.replay import Replay
from pilotlight_host.shims.clock import ticks_add
from pilotlight_host.storm.episode import Episode
from pilotlight_host.storm.parts import Parts

NEVER_MS = 1 << 60
LOOK_STEPS = 3
# of other parts (sensors), set by `follow` before it looks at it, or only told
ELSEWHERE = {"sources", "measured_by", "within_ma", "_again_ms", "reason", "no_room"}


def board_of(folder, stall_ms=0, spool=None):
    """What a recorder needs of a board."""
    capabilities = {"storage_stall_ms": stall_ms}
    return SimpleNamespace(storage=str(folder), capabilities=capabilities, spool=spool)


def site_of(episode):
    """The site file of an episode's feeders and outlets."""
    feeders, meters, outlets = [], [], [{} for _ in episode.places]
    for i, model in enumerate(episode.grid._models):
        table = {
            "id": model.name,
            "rating_a": model.rating_ma / 1000,
            "limit_a": model.limit_ma / 1000,
            "breaker": model.kind,
        }
        if model.base_max_ma is not None:
            table["base_max_a"] = model.base_max_ma / 1000
        if episode.grid._models[0].behind is model:
            table["feeder"] = "main"
        for sensor in model.sensors:
            if sensor.name == "clamps":
                table["clamps"] = [{"channel": 3 * i + n, "gain": 4834} for n in (1, 2, 3)]
            else:
                table["meter"] = "of-" + model.name
                meter = {"id": table["meter"], "model": "sdm630", "address": i + 1}
                meters.append(meter | {"port": "meter"})
        feeders.append(table)
        for draw in model.draws:
            phases = ["L" + str(p + 1) for p in draw.phases]
            table = {"feeder": model.name, "phases": phases, "max_a": 32}
            outlets[draw.port.number] = table
    site = {"site": {"id": "storm"}, "feeders": feeders, "outlets": outlets, "meters": meters}
    return config.check(site)


class Recorded:
    """An episode with its recorder. `states`: what the decisions stood on at the beginning of each
    segment.
    """

    def __init__(self, seed, folder, stall_ms=0, is_prepared=True, spool=None):
        self.episode = Episode(seed, parts=Parts(feeders=True))
        self.episode.grid._dies_ms = NEVER_MS
        self.episode._judge = lambda: None  # does not know what is tuned here
        self.balancer = self.episode.control.balancer
        self.site = site_of(self.episode)
        board = board_of(folder, stall_ms, spool)
        self.outside = Outside(board, self.balancer, self.episode.grid.journal)
        self.outside.apply(self.site)
        self.recorder = Recorder(board, self.balancer, self.outside, self.site, lambda: True)
        if is_prepared:
            asyncio.run(self.recorder.prepare())
        self.episode.control.recorder = self.recorder
        self.states = []
        self.draw = Random(f"recorded/{seed}")
        self.arranged = Random(f"arranged/{seed}")

    @property
    def path(self):
        """Of the file."""
        return self.recorder.pages.path

    def run(self, steps, interfere=None, is_ended=True, arrange=None):
        """Steps, with people who change what they may, and more segments than there need be."""
        for step in range(steps):
            self.episode._step()
            if self.draw.random() < 0.01:
                (interfere or self.interfere)()
            if arrange is not None and self.arranged.random() < 0.01:
                arrange()
            if step % LOOK_STEPS == 0:
                self.look()
        if is_ended:
            self.end()
        assert self.recorder.error is None
        return self

    def end(self):
        """No more decisions; a page is written at a look."""
        self.recorder.end()
        while not self.recorder.is_over:
            list(self.recorder.look())

    def look(self):
        recorder = self.recorder
        before = recorder.pages.segments
        if self.draw.random() < 0.02 and before and not self.balancer.is_due:
            # more than there need be: no page is lost for that
            spool = recorder._spool
            while recorder._may_write() and not recorder._is_brought():
                list(recorder._bring())
            if recorder._may_write():
                recorder.pages.flush(False)
            elif spool is not None:
                list(recorder.pages.spool(spool, False))
            list(recorder.begin())
        list(recorder.look())
        if recorder.pages.segments > before:
            self.states.append(state(self.balancer))

    def interfere(self):
        """What only people do."""
        draw = self.draw
        place = draw.choice(self.balancer.places)
        feeder = draw.choice(self.balancer.feeders)
        what = draw.randrange(7)
        if what == 0:
            place.stir()
        elif what == 1:
            place.priority = draw.randrange(10)
        elif what == 2:
            self.balancer.policy = policy.ALL[draw.choice(sorted(policy.ALL))]
        elif what == 3:
            feeder.limit_ma = draw.randrange(10000, feeder.breaker.rating_ma + 1)
        elif what == 4:
            feeder.reserve_ma = draw.choice((0, 0, 2000))
        elif what == 5:
            place.uses = place.habit.uses = list(place.uses)  # another list, but the same
        else:
            feeder.base_max_ma = draw.choice((None, feeder.breaker.rating_ma // 3))

    def arrange(self):
        """Orders, modes, needs, one phase or three, limits tuned: at any moment, and often several
        at once.
        """
        draw = self.arranged
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            place = draw.choice(self.balancer.places)
            parts = (self._order, self._order, self._mode, self._need, self._limit, self._sun)
            what = draw.choice(parts)
            what(draw, place)
            if draw.random() < 0.2:
                place.connect(draw.choice((1, 3, None)))

    def _order(self, draw, place):
        source = draw.choice(("person", "network", "contact"))
        if draw.random() < 0.4:
            self.outside.lift(source)
        else:
            self.outside.dim(source, draw.choice((0, 4200, 8400, draw.randrange(60000))))

    def _mode(self, draw, place):
        self.outside.set_mode(place, draw.choice(MODES))

    def _need(self, draw, place):
        now_ms = self.episode._ticks
        leaves_ms = ticks_add(now_ms, draw.choice((3000, 20000, 400_000_000)))
        made = Need(now_ms, draw.choice((1, 100, 200000)), leaves_ms)
        place.need = None if draw.random() < 0.2 else made

    def _sun(self, draw, place):
        """What sensors tell of power, from now on."""
        for feeder in self.balancer.feeders:
            for source in feeder.sources:
                source.power = {"power_w": [draw.randrange(-9000, 3000) for _ in range(3)]}

    def _limit(self, draw, place):
        key = draw.choice(("import_w", "quarter_w", "export_w", "unbalance_a"))
        self.site = copy.deepcopy(self.site)
        value = None if draw.random() < 0.3 else draw.randrange(30000)
        if key == "unbalance_a" and value is not None:
            value = draw.choice((4.6, 20, 20.3))
        draw.choice(self.site["feeders"])[key] = value
        self.outside.apply(self.site)


def state(balancer):
    """All that decisions stand on, whatever its type, as text: parts by the way they are reached."""
    owners = [balancer, *balancer.feeders, *balancer.places, *balancer.table.pools]
    seen = []
    return [_shown(owner, owners, seen, True) for owner in owners]


def _shown(value, owners, seen, is_top=False):
    if isinstance(value, trust.Source):
        return "a source"
    if isinstance(value, Pool) and not is_top:
        return value.name  # two orders of the same are as good as one
    if isinstance(value, list | tuple):
        return [_shown(one, owners, seen) for one in value]
    if isinstance(value, dict):
        return [(str(key), _shown(value[key], owners, seen)) for key in sorted(value, key=str)]
    if callable(value):
        return value.__name__
    if not hasattr(value, "__dict__"):
        return repr(value)
    known = owners if not is_top else []
    for i, one in enumerate([*known, *seen]):
        if one is value:
            return f"thing {i}"
    if not is_top:
        seen.append(value)
    names = sorted(set(value.__dict__) - ELSEWHERE)
    return [(name, _shown(value.__dict__[name], owners, seen)) for name in names]


def from_each_segment(recording, states):
    """Begin with nothing but each segment: the state must be the one of then, and so must all that
    is decided from there on.
    """
    assert len(recording.segments) == len(states)
    for segment, then in zip(recording.segments, states, strict=True):
        decider = Decider(recording.site, recording.texts)
        cursor = Cursor(segment.page)
        for _ in range(3):
            cursor.number()
        outlets = range(len(decider.balancer.places))
        pools, bound = cursor.pools(), cursor.number()
        decider.arrange(pools, bound, [(cursor.value(None), cursor.value(None)) for _ in outlets])
        for i in range(decider.count):
            decider.set(i, cursor.value(None))
        assert state(decider.balancer) == then
        replay = Replay(Decider(recording.site, recording.texts))
        parts = (recording.path, recording.version, recording.slots_crc, recording.site)
        replay.add(Recording(*parts, recording.texts, [segment]))
        assert replay.result.disagreement is None


def only(path):
    """The one recording in a file."""
    (recording,) = reader.read_all(str(path))
    return recording


def replayed(*recordings):
    """All of it, one segment after the other."""
    replay = Replay(Decider(recordings[0].site, recordings[0].texts))
    for recording in recordings:
        replay.add(recording)
    return replay.result
