"""Mounts the file system: what the ledger and recorded decisions leave of the storage, or where an
older image has made one. Formats where there is none.

The program imports frozen modules only: to look for each name in the file system first takes 1 ms
a time, 160 ms of a start. At its end the prompt gets the folders back (drivers/rp2/carrier.py).
"""

import sys

from pilotlight.drivers.rp2.pages import LEDGER_BYTES, SPOOL_BYTES, rest
from vfs import VfsLfs2, mount

for first in (LEDGER_BYTES + SPOOL_BYTES, LEDGER_BYTES, 0):
    try:
        mount(VfsLfs2(rest(first), progsize=256), "/")
        break
    except OSError:
        pass
else:
    VfsLfs2.mkfs(rest(), progsize=256)
    mount(VfsLfs2(rest(), progsize=256), "/")
sys.path[:] = [".frozen"]

del LEDGER_BYTES, SPOOL_BYTES, VfsLfs2, first, mount, rest, sys
