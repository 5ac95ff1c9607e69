"""The last events, in words, with the ticks (ms) at which they happened.

A ring: old ones are overwritten.
"""

from micropython import const

_SIZE = const(64)


class Journal:
    """Holds the last 64 events; `count` is how many there have ever been."""

    def __init__(self):
        self.count = 0
        self._texts = [""] * _SIZE
        self._at_ms = [0] * _SIZE

    def note(self, now_ms, text):
        """Keep `text` as an event of `now_ms`."""
        i = self.count % _SIZE
        self._texts[i] = text
        self._at_ms[i] = now_ms
        self.count += 1

    def oldest(self):
        """Number of the oldest event still held."""
        return max(0, self.count - _SIZE)

    def text(self, number):
        """Text of event `number`. Raises IndexError if it is no longer, or not yet, held."""
        if not self.oldest() <= number < self.count:
            raise IndexError("no event " + str(number))
        return self._texts[number % _SIZE]

    def at_ms(self, number):
        """Ticks of event `number`; the same errors as `text`."""
        self.text(number)
        return self._at_ms[number % _SIZE]
