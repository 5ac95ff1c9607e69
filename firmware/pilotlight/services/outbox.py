"""Hands the ledger's records to the broker: in order, a few at a time, each until confirmed."""

from micropython import const

_IN_FLIGHT = const(4)


class Outbox:
    """`ledger`: ledger.Ledger; `codec`: mqttport.Codec."""

    def __init__(self, ledger, codec, topic):
        self.in_flight = {}  # packet id: (page, number)
        self._ledger = ledger
        self._codec = codec
        self._topic = topic

    def step(self):
        """Send the next one, if there is one; at most one a call."""
        if len(self.in_flight) < _IN_FLIGHT:
            found = self._ledger.next_out()
            if found is not None:
                at, number, text = found
                pid = self._codec.publish_surely(self._topic, text, False)
                self.in_flight[pid] = at, number

    def confirm(self, pid):
        """The broker has it; False if that was none of these."""
        found = self.in_flight.pop(pid, None)
        if found is not None:
            self._ledger.delivered(*found)
        return found is not None

    def stop(self):
        """The connection is lost: what is not confirmed comes again."""
        self.in_flight.clear()
        self._ledger.again()

    @property
    def has_more(self):
        """There may be something to send."""
        return self._ledger.has_more()
