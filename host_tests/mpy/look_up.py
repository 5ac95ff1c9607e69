"""Looks up names through real datagrams: `look_up.py PORT NAME...`; prints a line for each.

For CPython and MicroPython. The name server is at 127.0.0.1, at that port.
"""

import sys
from time import sleep_ms, ticks_diff, ticks_ms

from pilotlight.drivers.udp import Datagrams
from pilotlight.services.resolver import Resolver


class Network:
    name_servers = ("127.0.0.1",)

    def datagrams(self, address, _):
        return Datagrams(address, int(sys.argv[1]))


def look_up(name):
    resolver = Resolver(Network(), name)
    longest_ms = 0
    while True:
        begun_ms = ticks_ms()
        try:
            found = resolver.address(begun_ms)
        except OSError as error:
            return str(error)
        longest_ms = max(longest_ms, ticks_diff(ticks_ms(), begun_ms))
        if longest_ms > 200:
            return "waited " + str(longest_ms) + " ms"
        if found is not None:
            return found
        sleep_ms(20)


for asked in sys.argv[2:]:
    print(look_up(asked))
