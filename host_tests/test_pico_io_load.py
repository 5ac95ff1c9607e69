"""What the image `pico_io` does beside its lines, on an emulated Pico: outputs that expire while the
program is busy, and what a step costs. Simulated times.
"""

from pilotlight_host.emulated import RawRepl
from test_pico_io import C, booted

BUSY = """
from time import ticks_ms, ticks_diff
from board import Board
b = Board()
b.latch(ticks_ms())
b.outlets[0].set_edges(4000, 8000)
b.refresh()
b.outlets[0].set_contactor(True)
t = ticks_ms()
while ticks_diff(ticks_ms(), t) < 150: pass
b.safe()
"""

# what a computer with 12 channels would get, though the carrier has 3
SPEED = """
from time import ticks_us, ticks_diff, ticks_ms, sleep_ms
from array import array
from board import Board
import io_server, io_text
b = Board()
sleep_ms(100)
s = io_server.Server(b)
s._is_served = True
counts = array("H", range(1948, 2148))
text = bytearray(700)
def took(what, times):
    t = ticks_us()
    for _ in range(times): what()
    return ticks_diff(ticks_us(), t) // times
line = b"out 02666 0 10000 0 10000 0 10000 0\\n"
def heard():
    for byte in line: s._take(byte)
def compose():
    s._window_ms = None
    s._slow_ms = ticks_ms()
    s._compose(ticks_ms())
    s._at = s._end
print(took(lambda: b.latch(ticks_ms()), 20), took(compose, 20), took(heard, 20),
      took(lambda: io_text.put_hex(text, 0, counts, 200), 20))
"""


# 0.5 s of steps with everything a computer says in them
STEPS = """
from time import ticks_ms, sleep_ms
from board import Board
import gc, io_server
b = Board()
sleep_ms(100)
s = io_server.Server(b)
lines = (b"out 02666 0 10000 0 10000 0 10000 0\\ngear 0 - 0 - 0 - 0 - 0\\nfeed\\n"
         b"edges 1 4000 8000\\nnonsense\\n")
def live(steps):
    for i in range(steps):
        sleep_ms(5)
        for byte in lines: s._take(byte)
        s._step(ticks_ms())
s._step(ticks_ms())
for byte in b"hello 1\\n": s._take(byte)
live(60)
gc.collect()
before = gc.mem_alloc()
live(100)
after = gc.mem_alloc()
sleep_ms(20)
print("\\nallocated", after - before)
"""


def test_outputs_expire_while_the_program_is_busy() -> None:
    with booted() as board:
        repl = RawRepl(board.pico)
        board.show(C, 1)
        begin_us = board.now_us
        repl.exec(BUSY)
        board.go(1)
        rows = board.switched(begin_us)
        assert [on for _, _, on in rows] == [True, False]
        assert rows[1][0] - rows[0][0] <= 64


def test_12_channels_fit_into_the_processor() -> None:
    """Formatting alone; USB itself is done by interrupts."""
    with booted() as board:
        repl = RawRepl(board.pico)
        said = repl.exec(SPEED)
        latch_us, compose_us, heard_us, hex_us = map(int, said.split())
        step = 200 * (latch_us + compose_us)
        share = (step + 50 * heard_us + 10 * 12 * hex_us) / 1e6
        print(f"us: latch {latch_us}, in lines {compose_us}, out line {heard_us}, window {hex_us}")
        print(f"{share:.0%} of the processor with 12 channels")
        assert share < 0.75


def test_steps_and_lines_allocate_nothing() -> None:
    with booted() as board:
        said = RawRepl(board.pico).exec(STEPS)
        assert said.count("\nclamps 1 ") >= 5
        allocated = int(said.rpartition("allocated ")[2])
        print(f"{allocated} bytes in 100 steps")
        assert allocated == 0
