"""Hands the ledgers' records to the broker: in order, a few at a time, each until confirmed."""

from micropython import const

_IN_FLIGHT = const(4)


class Outbox:
    """`ledgers`: pairs of a ledger.Ledger and the topic of its records; the first is asked first.
    `codec`: mqttport.Codec.
    """

    def __init__(self, ledgers, codec):
        self.in_flight = {}  # packet id: (ledger, page, number)
        self._ledgers = ledgers
        self._codec = codec

    def step(self):
        """Send the next one, if there is one; at most one a call."""
        if len(self.in_flight) < _IN_FLIGHT:
            for ledger, topic in self._ledgers:
                found = ledger.next_out()
                if found is not None:
                    at, number, text = found
                    pid = self._codec.publish_surely(topic, text, False)
                    self.in_flight[pid] = ledger, at, number
                if found is not None or ledger.has_more():
                    return

    def confirm(self, pid):
        """The broker has it; False if that was none of these."""
        found = self.in_flight.pop(pid, None)
        if found is not None:
            ledger, at, number = found
            ledger.delivered(at, number)
        return found is not None

    def stop(self):
        """The connection is lost: what is not confirmed comes again."""
        self.in_flight.clear()
        for ledger, _ in self._ledgers:
            ledger.again()

    @property
    def has_more(self):
        """There may be something to send."""
        return any([ledger.has_more() for ledger, _ in self._ledgers])
