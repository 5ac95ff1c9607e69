"""Every fault of an outlet: its name, its cause, how long it stays. One row each.

Every fault opens the contactor in the step that finds it and takes the permission off the pilot
(x1). One that latches while current flows first shows state F for 300 ms (table A.5 as public
firmware quotes it). No fault touches another outlet. All are shown in the same way: an event, the
outlet's `fault` and `why` in every snapshot, and the LED.
"""

from micropython import const

NO_FAULT = const(0)
NO_READING = const(1)
PILOT_LEVEL = const(2)
PILOT_SHORT = const(3)
PILOT_LOW = const(4)
VENTILATION = const(5)
DIODE = const(6)
WEAK_LOW = const(7)
GENERATOR = const(8)
RESIDUAL = const(9)
SELF_TEST = const(10)
LOCK = const(11)
WELDED = const(12)
NOT_CLOSED = const(13)
MIRROR = const(14)
SECOND = const(15)

# of the letters A, B, C, D, E, F, X, ? of core/pilot.py
OF_LETTER = (0, 0, 0, VENTILATION, PILOT_SHORT, PILOT_LOW, PILOT_LEVEL, NO_READING)

# Who ends it.
BY_READINGS = const("the next legal readings")
BY_CAR = const("unplugging")
BY_WAITING = const("state B, or 30 s")
BY_PERSON = const("a person")

# name, cause, who ends it
TABLE = (
    (None, "", ""),
    ("no pilot reading", "no sample for 60 ms", BY_READINGS),
    ("pilot level outside every window", "60 ms outside the windows of table A.4", BY_READINGS),
    ("pilot shorted to earth, or generator dead", "state E", BY_READINGS),
    ("pilot stuck low", "-12 V that nobody asked for", BY_READINGS),
    ("car asks for ventilation, there is none", "state D", BY_WAITING),
    ("car's pilot diode shorted", "high and low part mirror each other, 2 readings", BY_CAR),
    ("low part of the pilot too weak", "above -10 V for 100 ms while closed, else 3 s", BY_CAR),
    ("pilot generator does not swing", "no low part although PWM is on, 3 readings", BY_CAR),
    ("residual current", "the monitor reports a trip", BY_PERSON),
    ("residual-current monitor failed its test", "it did not trip, or not clear", BY_PERSON),
    ("connector does not lock", "five retries", BY_CAR),
    ("contactor welded", "it reads closed 500 ms after it was opened", BY_PERSON),
    ("contactor did not close", "it reads open 500 ms after it was closed", BY_PERSON),
    ("mirror contact unknown", "it reads neither open nor closed for 500 ms", BY_PERSON),
    ("second contactor not as told", "it reads otherwise than it was told", BY_PERSON),
)
NAMES = tuple([row[0] for row in TABLE])


def is_latched(fault):
    """It stays when its cause is gone."""
    return TABLE[fault][2] in (BY_CAR, BY_PERSON)


def ends_with_person(fault):
    """Only a person ends it: not unplugging, and not a reset of the board."""
    return TABLE[fault][2] == BY_PERSON


def ends_with_car(fault):
    """Unplugging ends it: what failed was the car, or is tried anew with the next one."""
    return TABLE[fault][2] == BY_CAR
