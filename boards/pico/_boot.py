"""Mounts the file system: what the ledger leaves of the storage, or all of it, where an image from
before the ledger has made one. Formats where there is none.

The program imports frozen modules only: to look for each name in the file system first takes 1 ms
a time, 160 ms of a start. At its end the prompt gets the folders back (drivers/rp2/carrier.py).
"""

import sys

from pilotlight.drivers.rp2.pages import rest
from rp2 import Flash
from vfs import VfsLfs2, mount

try:
    mount(VfsLfs2(rest(), progsize=256), "/")
except OSError:
    try:
        mount(VfsLfs2(Flash(), progsize=256), "/")
    except OSError:
        VfsLfs2.mkfs(rest(), progsize=256)
        mount(VfsLfs2(rest(), progsize=256), "/")
sys.path[:] = [".frozen"]

del Flash, VfsLfs2, mount, rest, sys
