"""app_probe.py for the storm of the network: `storm_probe.py LOG NAMES TIME`.

NAMES and TIME are the ports at which a name server and a time server are, at 127.0.0.1. More lines:
`connect TICKS` for each TCP connection begun; after each `heap` one of `micropython.mem_info`,
which prints to stdout.
"""

import sys
from time import ticks_ms

import app_probe
import micropython
from remote_streams import Network

_HEAP_STEPS = 250
_PORTS = {53: int(sys.argv[2]), 123: int(sys.argv[3])}


class StormNetwork(Network):
    """The PC's network, with the two servers where they may listen without being root."""

    def __init__(self):
        Network.__init__(self)
        self.name_servers = ["127.0.0.1"]

    def datagrams(self, address, port):
        return Network.datagrams(self, address, _PORTS[port])

    def connect(self, address, port):
        app_probe.log.write("connect %d\n" % ticks_ms())
        return Network.connect(self, address, port)


class StormPace(app_probe.LoggedPace):
    """Looks at the heap every 5 s."""

    heap_steps = _HEAP_STEPS

    def tell_heap(self):
        app_probe.LoggedPace.tell_heap(self)
        micropython.mem_info()


class StormBoard(app_probe.LoggedBoard):
    """The board, in that network."""

    wall_clock = None  # only the storm's servers tell the time

    control_pace = StormPace

    def __init__(self):
        app_probe.LoggedBoard.__init__(self)
        self.network = StormNetwork()


app_probe.run(StormBoard)
