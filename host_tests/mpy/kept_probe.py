"""Kept and OrderLog on a real littlefs that loses power at each byte, on MicroPython.

Prints for each story: how many bytes the last write programs, how often what was before it counted after the
cut, how often what was new, and how many files were torn. Fails where anything else is found.
"""

import os

import vfs
from pilotlight.services.kept import Kept
from pilotlight.services.orderlog import OrderLog

BLOCK = 4096
BLOCKS = 64
EIO = 5

torn = []  # files that were found so


class Flash:
    """Blocks in memory. Power is lost when `left` more bytes have been programmed; an erase counts
    as one for each 256.
    """

    def __init__(self, data):
        self.data = data
        self.left = self.most = 1 << 29

    def readblocks(self, block, buf, offset=0):
        start = block * BLOCK + offset
        buf[:] = self.data[start : start + len(buf)]

    def writeblocks(self, block, buf, offset=0):
        length = min(self.left, len(buf))
        start = block * BLOCK + offset
        self.data[start : start + length] = memoryview(buf)[:length]
        self._spend(len(buf))

    def ioctl(self, op, arg):
        if op == 4:
            return BLOCKS
        if op == 5:
            return BLOCK
        if op == 6:
            length = 256 * min(self.left, BLOCK // 256)
            start = arg * BLOCK
            self.data[start : start + length] = b"\xff" * length
            self._spend(BLOCK // 256)
            return 0

    def _spend(self, count):
        if count > self.left:
            self.left = 0
            raise OSError(EIO)
        self.left -= count


def mounted(data):
    flash = Flash(data)
    vfs.mount(vfs.VfsLfs2(flash, progsize=256, mtime=False), "/board")
    return flash


def cut_everywhere(name, before, write, look):
    """`look()` tells what is there: as it was before `write()`, or as after it."""
    torn.clear()
    data = bytearray(b"\xff" * (BLOCK * BLOCKS))
    vfs.VfsLfs2.mkfs(Flash(data), progsize=256)
    mounted(data)
    before()
    old = look()
    vfs.umount("/board")
    image = bytes(data)
    flash = mounted(data)
    write()
    new, cuts = look(), flash.most - flash.left
    vfs.umount("/board")
    assert old != new
    found = [0, 0]
    for left in range(cuts):
        data = bytearray(image)
        flash = mounted(data)
        flash.left = left
        try:
            write()
        except OSError:
            pass
        assert flash.left == 0
        try:
            vfs.umount("/board")
        except OSError:
            pass
        data = bytearray(data)  # nobody who still holds the old one reaches it
        mounted(data)
        shown = look()
        assert shown in (old, new), (left, shown)
        found[shown == new] += 1
        write()  # and all goes on
        assert shown == new or look() == new
        vfs.umount("/board")
    print(name, cuts, found[0], found[1], len(torn))


def kept_before(count):
    kept = Kept("/board/kept")
    for n in range(count):
        kept.save([[["network", n, 900]], {}])


def kept_write():
    kept = Kept("/board/kept")
    kept.load()
    kept.save([[["person", 1000, None]], {}])


def kept_look():
    value, damaged = Kept("/board/kept").load()
    torn.extend(damaged)
    return value


def log_before(count):
    log = OrderLog("/board")
    for n in range(count):
        log.append([[n, 1, n, None, "begin", 4200, "network", 900]])


def log_write():
    OrderLog("/board").append([[5000, 1, 7, None, "end", 4200, "network", None]])


def log_look():
    return OrderLog("/board").last()[-3:]


def log_full():
    """One more than fits into the file."""
    rows = [[n, 1, n, None, "begin", 4200, "network", 900] for n in range(20)]
    log = OrderLog("/board")
    while "orders.log" not in os.listdir("/board") or os.stat("/board/orders.log")[6] <= 65536:
        log.append(rows)


cut_everywhere("kept-first", lambda: kept_before(0), kept_write, kept_look)
cut_everywhere("kept-second", lambda: kept_before(1), kept_write, kept_look)
cut_everywhere("kept-many", lambda: kept_before(40), kept_write, kept_look)
cut_everywhere("log-first", lambda: log_before(0), log_write, log_look)
cut_everywhere("log-many", lambda: log_before(60), log_write, log_look)
cut_everywhere("log-full", log_full, log_write, log_look)
