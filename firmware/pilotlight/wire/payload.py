"""MQTT topics, and snapshots as JSON. docs/mqtt.md lists all; commands: wire/command.py.

No clock and no socket.
"""

import json

ROOT = "pilotlight"


def topic(device, *levels) -> bytes:
    """Return the topic of this device below ROOT: topic("home", "outlet", 1)."""
    return "/".join([ROOT, device] + [str(level) for level in levels]).encode()


def command_filters(device) -> tuple:
    """Return the two topic filters under which commands arrive."""
    return topic(device, "outlet", "+", "set", "+"), topic(device, "site", "set", "+")


def encode(snapshot) -> bytes:
    """Return a snapshot (dict of numbers, text, booleans, None, lists) as JSON."""
    return json.dumps(snapshot).encode()


def client_id(device) -> bytes:
    """Return the MQTT client id of this device; one broker must not see it twice."""
    return (ROOT + "-" + device).encode()
