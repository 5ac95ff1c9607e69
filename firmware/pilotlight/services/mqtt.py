"""Publishes the site over MQTT and takes wishes from it. A network may be there or not: nothing
waits for it.

Topics and payloads: wire/payload.py. State is retained, QoS 0; `status` and events are QoS 1.
After every connection the whole state is published again. Times in ms.
"""

from asyncio import sleep_ms
from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

from pilotlight.core import status
from pilotlight.core.deadline import earlier
from pilotlight.services import link as links
from pilotlight.services.commands import Commands
from pilotlight.services.mqttport import Codec
from pilotlight.wire import payload

_STEP_MS = const(50)
_CHANGE_MS = const(1000)  # how often changes are looked for
_AGAIN_MS = const(30000)  # unchanged state is published again after this
_IN_FLIGHT = const(8)
_CONFIRM_MS = const(20000)  # from when the broker was heard, and did not
_EVENTS_A_STEP = const(2)  # 1 ms each
_PUBLISH = const(0x30)
_PUBACK = const(0x40)
_SUBACK = const(0x90)


class Mqtt:
    """`site`: the checked site file. `snapshot()` returns what is published as the site. `clock`:
    walltime.Clock. `ledgers`: (ledger.Ledger, last part of the topic) of what is delivered."""

    def __init__(self, board, site, control, journal, wishes, snapshot, clock, ledgers=()):
        settings = site["mqtt"]
        device = site["site"]["id"]
        self.commands = Commands(control.units, wishes, journal, clock)
        self._board = board
        self._device = device
        self._control = control
        self._journal = journal
        self._snapshot = snapshot
        self._clock = clock
        self._status_topic = payload.topic(device, "status")
        self._codec = Codec(
            payload.client_id(device),
            settings["user"],
            settings["password"],
            settings["keepalive_s"],
            lambda topic, message: self.commands.take(topic, message, self._is_retained),
        )
        self.link = links.Link(
            board.network, settings["host"], settings["port"], settings["keepalive_s"], self._codec
        )
        self._discovery = None
        if settings["discovery"]:
            from pilotlight.services.discovery import Discovery

            self._discovery = Discovery(self._codec, device, site)
        self._boot = ledgers[0][0].boot if ledgers else None
        self._outbox = self._build_outbox(ledgers) if ledgers else None
        self._is_retained = False
        self._shown = [None] * len(control.units)  # what of each outlet was published last
        self._place = 0  # the outlet to be looked at next
        self._look_ms = ticks_ms()
        self._again_ms = ticks_ms()
        self._next_event = 0
        self._in_flight = {}  # packet id: number of the event
        self._heard_ms = 0  # when the broker was heard last at the latest confirmation
        self._doubt_ms = None  # heard since then, but no confirmation
        self._was_up = False

    def _build_outbox(self, ledgers):
        from pilotlight.services.outbox import Outbox

        named = [(ledger, payload.topic(self._device, name)) for ledger, name in ledgers]
        return Outbox(named, self._codec)

    async def run(self):
        """Serve for ever."""
        pace = self._board.pace(_STEP_MS)
        while True:
            await pace.next(self)
            self.link.step(self._status_topic, b"offline", self._on_up, self._on_packet)
            await sleep_ms(0)  # the control step may be due
            self._note_changes()
            self.commands.look(ticks_ms())
            self._watch_confirmations(ticks_ms())
            if self.link.has_room:
                self._publish_answer(ticks_ms())
                self._discover()
                self._publish_state(ticks_ms())
                await sleep_ms(0)
                self._publish_events()
            if self._outbox is not None and self.link.has_room:
                self._outbox.step()

    def is_settled(self):
        """Nothing is on its way (boards/README.md, Pace)."""
        is_idle = self.link.is_idle and self.commands.is_idle
        return is_idle and not self._has_events() and not self._has_records()

    def due_ms(self, now_ms):
        """When something is to be sent by itself (ticks)."""
        if self._discovery is not None and not self._discovery.is_idle:
            return now_ms
        due = self.link.due_ms(now_ms)
        if self._doubt_ms is not None:
            due = earlier(now_ms, due, ticks_add(self._doubt_ms, _CONFIRM_MS))
        return earlier(now_ms, due, self._again_ms) if self.link.state == links.UP else due

    def _note_changes(self):
        is_up = self.link.state == links.UP
        if is_up != self._was_up:
            self._was_up = is_up
            text = "connected" if is_up else str(self.link.trouble)
            self._journal.note(ticks_ms(), "mqtt: " + text)
            if not is_up:
                self.commands.forget()
                if self._discovery is not None:
                    self._discovery.stop()
                if self._outbox is not None:
                    self._outbox.stop()
            if not is_up and self._in_flight:
                self._next_event = min(self._in_flight.values())
                self._in_flight.clear()

    def _watch_confirmations(self, now_ms):
        """A broker that lives but confirms nothing is given it again, over a new connection. One
        that is not heard may be behind a line that comes back.
        """
        if not self._in_flight and not (self._outbox and self._outbox.in_flight):
            self._has_confirmed()
        elif self._doubt_ms is None:
            if self.link.heard_ms != self._heard_ms:
                self._doubt_ms = now_ms
        elif ticks_diff(now_ms, self._doubt_ms) >= _CONFIRM_MS:
            self.link.drop(now_ms, "broker: does not confirm what it was sent for 20 s")

    def _has_confirmed(self):
        self._heard_ms = self.link.heard_ms
        self._doubt_ms = None

    # ------------------------------------------------------------------ out

    def _on_up(self):
        self._codec.publish_surely(self._status_topic, b"online", True)
        for topic_filter in payload.command_filters(self._device):
            self._codec.subscribe(topic_filter)
        self._shown = [None] * len(self._shown)
        self._again_ms = self._look_ms = ticks_ms()
        if self._discovery is not None:
            self._discovery.begin()

    def _discover(self):
        """A piece, where nothing waits to be sent."""
        if self._discovery is not None and self.link.is_idle:
            self._discovery.step()

    def _publish_answer(self, now_ms):
        told = self.commands.answer(now_ms)
        if told is not None:
            self._codec.publish(payload.topic(self._device, "answer"), told, False)

    def _publish_state(self, now_ms):
        """At most one topic a call: all of them at once would delay the control step."""
        if ticks_diff(now_ms, self._look_ms) < 0:
            return
        if ticks_diff(now_ms, self._again_ms) >= 0:
            self._again_ms = ticks_add(now_ms, _AGAIN_MS)
            self._shown = [None] * len(self._shown)
            self._place = 0
            topic = payload.topic(self._device, "site")
            self._codec.publish(topic, payload.encode(self._snapshot()), True)
            return
        while self._place < len(self._shown):
            self._place += 1
            if self._publish_outlet(now_ms, self._place - 1):
                return
        self._place = 0
        self._look_ms = ticks_add(now_ms, _CHANGE_MS)

    def _publish_outlet(self, now_ms, i):
        """True if there was something new to tell."""
        unit = self._control.units[i]
        shown = (
            unit.outlet.state,
            unit.outlet.fault,
            unit.outlet.signalled_ma(),
            unit.claims.limit_ma,
            unit.claims.reason,
            unit.outlet.close,
            unit.session and unit.session.is_open,
        )
        if shown == self._shown[i]:
            return False
        self._shown[i] = shown
        topic = payload.topic(self._device, "outlet", unit.number)
        self._codec.publish(topic, payload.encode(unit.snapshot(now_ms)), True)
        return True

    def _has_events(self):
        return self.link.state == links.UP and self._next_event < self._journal.count

    def _has_records(self):
        is_up = self.link.state == links.UP
        return is_up and self._outbox is not None and self._outbox.has_more

    def _publish_events(self):
        self._next_event = max(self._next_event, self._journal.oldest())
        for _ in range(_EVENTS_A_STEP):
            is_free = len(self._in_flight) < _IN_FLIGHT and self.link.has_room
            if not (is_free and self._has_events()):
                return
            number = self._next_event
            event = self._event(ticks_ms(), number)
            topic = payload.topic(self._device, "event")
            pid = self._codec.publish_surely(topic, payload.encode(event), False)
            self._in_flight[pid] = number
            self._next_event += 1

    def confirmed(self):
        """The number of the first event that the broker has not confirmed."""
        return min(self._in_flight.values()) if self._in_flight else self._next_event

    def _event(self, now_ms, number):
        age_s = status.seconds_since(now_ms, self._journal.at_ms(number))
        utc_s = self._clock.utc_s(now_ms)
        return {
            "seq": number,
            "boot": self._boot,
            "age_s": age_s,
            "utc_s": None if utc_s is None else utc_s - age_s,
            "text": self._journal.text(number),
        }

    # ------------------------------------------------------------------ in

    def _on_packet(self, kind, packet):
        if kind == _PUBLISH:
            if packet[0] & 0x06 > 0x02:
                raise OSError("publishes with QoS 2, which was not asked for")
            self._is_retained = bool(packet[0] & 1)
            self._codec.accept(packet)
        elif kind == _PUBACK and len(packet) == 4:
            pid = packet[2] << 8 | packet[3]
            is_event = self._in_flight.pop(pid, None) is not None
            if is_event or (self._outbox is not None and self._outbox.confirm(pid)):
                self._has_confirmed()
        elif kind == _SUBACK and packet[-1] & 0x80:
            self._journal.note(
                ticks_ms(), "mqtt: broker refuses a subscription, commands do not come"
            )
