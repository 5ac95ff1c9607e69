"""What the keys of the site file mean that may be left out, by section of fields.py; "" is the
site file itself. The board does not carry these texts: it only tells of keys that are missing.
"""

MEANINGS = {
    "site": {
        "title": "what people call it",
        "residual_retry": (
            "retries after a residual-current trip, 15 min apart; not allowed everywhere"
        ),
        "residual_test": (
            "the monitors' test input is wired: test them at boot, after charges, and every day"
        ),
        "policy": "who is served first where not all get all they can use",
        "dimming_w": (
            "what all outlets may draw together while the grid operator's contact is closed, W"
        ),
        "restart_delay_s": (
            "after a power cut each outlet waits for a random time of up to this, s"
        ),
    },
    "clamp": {
        "shift_us": "by how much it is early, us",
    },
    "feeder": {
        "feeder": "id of the feeder it hangs on; none: it is a supply",
        "limit_a": "current to stay below, A per phase; none: the rating",
        "base_max_a": (
            'largest load beside the outlets, A; "measured": ever measured; none: the rating'
        ),
        "reserve_a": "always kept free, A per phase",
        "import_w": "most power to take from the grid through it, W",
        "quarter_w": "most power to take from the grid on average over any quarter of an hour, W",
        "export_w": (
            "above so much power given back, outlets in a solar mode start without waiting, W"
        ),
        "unbalance_a": "how much more one phase may carry than another one because of outlets, A",
        "clamps": "clamps on L1, L2, L3, in this order",
        "voltage": "voltage reference on L1, for power",
        "meter": "id of the meter that measures this feeder",
    },
    "outlet": {
        "name": "what people call it",
        "phases": "feeder phases on its terminals",
        "min_a": "least current it is offered, A per phase",
        "priority": "the higher one is served first, with policy priority",
        "mode": (
            "all the current there is; its minimum, and more from the sun; only what the "
            "sun leaves"
        ),
        "meter": "id of the meter that measures this outlet, if one does",
        "socket": (
            "a socket for loose cables: proximity tells what they carry; false: tethered cable"
        ),
        "lock": "its socket holds the plug with a lock",
        "ventilation": "the board ventilates the room (state D)",
        "switching": "a second contactor carries its L2 and L3",
        "wake": "wake a car that sleeps by state F; false: never show it",
        "pilot_cal": "mV its pilot measures at +12 V and at -12 V",
    },
    "meter": {
        "address": "Modbus address",
        "baud": "bit/s",
        "parity": "parity",
        "stop": "stop bits",
        "poll_ms": "time from one reading to the next, ms",
    },
    "mqtt": {
        "port": "TCP port of the broker",
        "user": "user name, if the broker asks for one",
        "password": "its password",
        "keepalive_s": "MQTT keep-alive, s",
        "discovery": "tell Home Assistant what there is",
    },
    "clock": {
        "server": "SNTP server: its IPv4 address, or its name",
        "zone": "rule of local time by POSIX, like CET-1CEST,M3.5.0,M10.5.0/3",
    },
    "": {
        "meters": "meters on serial lines",
        "mqtt": "broker to publish to, if any",
        "clock": "who tells the time, and where the site is",
        "modem": "mobile modem to dial with; none: a plain line",
    },
}
