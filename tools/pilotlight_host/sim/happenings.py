"""What a scenario's events do to the plant. Times in ms."""

from typing import TYPE_CHECKING, Any

from .agenda import Agenda
from .equipment import Warm
from .outlet import Outlet
from .specs import BOARD_EVENTS, CLAMP_LIES, METER_FAULTS, METER_LIES, EventSpec

if TYPE_CHECKING:
    from .plant import Plant

# attribute of the plant: how it is, and while the event lasts
_FLAGS = {
    "broker-gone": ("broker_up", True, False),
    "network-gone": ("network_up", True, False),
    "clamps-silent": ("clamps_fault", None, "silent"),
    "dimming": ("is_dimmed", False, True),
}
_EQUIPMENT = {
    "residual-trip": lambda outlet: outlet.monitor.leak,
    "residual-dead": lambda outlet: outlet.monitor.die,
    "lock-jam": lambda outlet: outlet.bolt.jam,
    "second-stuck": lambda outlet: outlet.second.stick,
    "cable-break": lambda outlet: outlet.contacts.part,
    "sensor-lost": lambda outlet: outlet.contacts.lose_sensor,
}


class Happenings:
    """Of one plant, its outlets and its board."""

    def __init__(self, plant: "Plant", agenda: Agenda, outlets: list[Outlet], board: Warm):
        self._plant = plant
        self._agenda = agenda
        self._outlets = outlets
        self._board = board
        self._tokens: dict[str, int] = {}

    def happen(self, event: EventSpec) -> None:
        """It begins now."""
        where = "" if event.outlet is None else f" at outlet {event.outlet + 1}"
        self._plant.note(event.kind + where)
        self._plant.changed()
        if event.kind in METER_FAULTS:
            self._hold("meter_fault", None, METER_FAULTS[event.kind], event.for_ms)
        elif event.kind in METER_LIES:
            self._hold("meter_lie", None, event, event.for_ms)
        elif event.kind in CLAMP_LIES:
            self._hold("clamps_lie", None, event, event.for_ms)
        elif event.kind in _FLAGS:
            name, normal, faulty = _FLAGS[event.kind]
            self._hold(name, normal, faulty, event.for_ms)
        elif event.kind in BOARD_EVENTS and event.degrees is not None:
            self._board.warm(event.degrees, event.for_ms or 0)
        elif event.outlet is not None:
            self._at_outlet(event, event.outlet)

    def _hold(self, name: str, normal: Any, faulty: Any, for_ms: int | None) -> None:
        """Set an attribute for a while; the latest of overlapping faults decides."""
        token = self._tokens.get(name, 0) + 1
        self._tokens[name] = token
        setattr(self._plant, name, faulty)
        if for_ms is not None:
            self._agenda.after(for_ms, self._release, name, normal, token)

    def _release(self, name: str, normal: Any, token: int) -> None:
        if self._tokens[name] == token:
            setattr(self._plant, name, normal)
            self._plant.note(f"{name.replace('_', ' ')} normal again")
            self._plant.changed()

    def _at_outlet(self, event: EventSpec, number: int) -> None:
        outlet = self._outlets[number]
        if event.kind in _EQUIPMENT:
            fail = _EQUIPMENT[event.kind](outlet)
            fail(True)
            if event.for_ms is not None:
                self._agenda.after(event.for_ms, fail, False)
            return
        if event.degrees is not None:
            outlet.contacts.warm(event.degrees, event.for_ms or 0)
            return
        car = outlet.car
        if car is None or not car.plugged:
            return
        if event.kind == "unplug":
            self._plant.unplug(number, car)
            if event.for_ms is not None:
                self._agenda.after(event.for_ms, self._plant.plug_again, number, car)
            return
        car.leave_c()
        if event.for_ms is not None:
            self._agenda.after(event.for_ms, lambda: car.wake_up(outlet.duty))
