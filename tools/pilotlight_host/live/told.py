"""What an emulated board says of itself, on its console or over MQTT. Times in ms of the run.

Its firmware cannot be looked into; what it has not said lately is unknown, which is None or "?".
"""

import contextlib
import json
import re
from typing import Any

from pilotlight_host.sim.monitor import Monitor
from pilotlight_host.sim.mqttpacket import Message

CONSOLE_MS = 4000  # so long is good what was said on the console, asked for every second
MQTT_MS = 35_000  # and over MQTT, where a change comes at once, and all of it every 30 s
LOG_LINES = 20  # of log()
_LOG_LINE = re.compile(r"(\d+) s ago: (.*)")

Snapshot = dict[str, Any]
_UNKNOWN_HELPERS: Snapshot = {"meters": {}, "latest_ms": None}


class _Part:
    """The latest snapshot of one thing; `unknown` where there is none that is good."""

    def __init__(self, unknown: Snapshot) -> None:
        self._unknown = unknown
        self.said: Snapshot = {}
        self._made_ms = self._until_ms = 0

    def put(self, made_ms: int, good_ms: int, said: Snapshot) -> None:
        """Take what was made at `made_ms`, unless there is something newer."""
        if made_ms >= self._made_ms:
            self.said, self._made_ms, self._until_ms = said, made_ms, made_ms + good_ms

    def at(self, t_ms: int) -> Snapshot:
        """What is known at `t_ms`."""
        return self._unknown | (self.said if t_ms <= self._until_ms else {})


class SnapshotMonitor(Monitor):
    """Judges faults and permits by the snapshots; each of them was made between two steps."""

    def judge(self, t_ms: int, said: Snapshot) -> None:
        """`said`: an outlet's snapshot."""
        if not said["contactor"]:
            return
        name = f"outlet {said['outlet']}"
        if said["fault"]:
            self._invariant(t_ms, f"{name}: coil on with fault {said['fault']}")
        if said["limit_a"] < 6 and said["offered_a"]:
            self._invariant(t_ms, f"{name}: offers without permit")


class Told:
    """`site`: the checked site file. `events`: of the firmware's journal, (t_ms, text), in the
    order in which they became known, good to a second.
    """

    def __init__(self, site: dict[str, Any], monitor: SnapshotMonitor) -> None:
        self._topic = f"pilotlight/{site['site']['id']}/"
        self._monitor = monitor
        self._feeders = [_Part(_unknown_feeder(table)) for table in site["feeders"]]
        self._outlets = [_Part(_unknown_outlet(i, t)) for i, t in enumerate(site["outlets"], 1)]
        self._known: set[int] = set()  # numbers of events
        self._count = 0
        self.events: list[tuple[int, str]] = []
        self._helpers = _Part(_UNKNOWN_HELPERS)
        self.snapshots = 0

    def feeders(self, t_ms: int) -> list[Snapshot]:
        """A snapshot of each feeder."""
        return [part.at(t_ms) for part in self._feeders]

    def outlets(self, t_ms: int) -> list[Snapshot]:
        """A snapshot of each outlet."""
        return [part.at(t_ms) for part in self._outlets]

    def helpers(self, t_ms: int | None = None) -> Snapshot:
        """`meters`: by name, transactions by how they ended; `latest_ms`: of the control steps.
        Without a time what was said last, however long ago that is.
        """
        if t_ms is None:
            return _UNKNOWN_HELPERS | self._helpers.said
        return self._helpers.at(t_ms)

    @property
    def misses_events(self) -> bool:
        """There are events whose text is not known, but log() has it still."""
        first = max(0, self._count - LOG_LINES)
        return any(number not in self._known for number in range(first, self._count))

    def starts_again(self) -> None:
        """The board was reset: its events count from 0."""
        self._known.clear()
        self._count = 0

    # ------------------------------------------------------------------ console

    def answered(self, t_ms: int, text: str) -> bool:
        """Take the console's answer to snapshot(), with or without log() before it. False if it
        is none.
        """
        *log, last = text.strip().splitlines() or [""]
        try:
            said = json.loads(last)
            self._site(t_ms, CONSOLE_MS, said["site"])
            for outlet in said["outlets"]:
                self._outlet(t_ms, CONSOLE_MS, outlet)
            self._count = said["events"]
        except (ValueError, KeyError, TypeError, IndexError):
            return False
        found = [match for line in log if (match := _LOG_LINE.fullmatch(line.strip()))]
        for number, match in enumerate(found, self._count - len(found)):
            self._event(t_ms, number, int(match[1]), match[2])
        self.snapshots += 1
        return True

    # ------------------------------------------------------------------ MQTT

    def heard(self, t_ms: int, message: Message) -> None:
        """Take a message of the board; anybody else's is left alone."""
        if not message.topic.startswith(self._topic):
            return
        what = message.topic.removeprefix(self._topic)
        with contextlib.suppress(ValueError, KeyError, TypeError, IndexError):
            said = json.loads(message.payload)
            if what == "site":
                self._site(t_ms, MQTT_MS, said)
            elif re.fullmatch(r"outlet/\d+", what):
                self._outlet(t_ms, MQTT_MS, said)
            elif what == "event":
                self._event(t_ms, said["seq"], said["age_s"], said["text"])

    # ------------------------------------------------------------------ parts

    def _site(self, t_ms: int, good_ms: int, said: Snapshot) -> None:
        for part, feeder in zip(self._feeders, said["feeders"], strict=True):
            part.put(t_ms, good_ms, feeder)
        self._helpers.put(t_ms, good_ms, {key: said[key] for key in _UNKNOWN_HELPERS})

    def _outlet(self, t_ms: int, good_ms: int, said: Snapshot) -> None:
        self._outlets[said["outlet"] - 1].put(t_ms, good_ms, said)
        self._monitor.judge(t_ms, said)

    def _event(self, t_ms: int, number: int, age_s: int, text: str) -> None:
        if number not in self._known:
            self._known.add(number)
            self.events.append((max(0, t_ms - 1000 * age_s), text))


def _unknown_feeder(table: dict[str, Any]) -> Snapshot:
    return {
        "feeder": table["id"],
        "limit_a": table["limit_a"] or table["rating_a"],
        "measured_a": [None] * 3,
        "breaker_heat_pct": [None] * 3,
        "trust": "?",
        "sensors": {},
    }


def _unknown_outlet(number: int, table: dict[str, Any]) -> Snapshot:
    return {
        "outlet": number,
        "name": table["name"] or f"outlet {number}",
        "state": "?",
        "car": "?",
        "fault": None,
        "why": "not told lately",
    }
