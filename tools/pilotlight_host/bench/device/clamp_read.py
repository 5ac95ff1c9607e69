"""Currents as the clamps' driver measures them, on the board. After app_on_board.py.

`read(count)` latches every 20 ms as the control step does, leaves out the windows that began
before the call, and prints the currents in mA of `count` windows, clamp by clamp.
"""


def read(count):
    found = []
    skip = 2
    while len(found) < count:
        sleep_ms(20)
        board.latch(ticks_ms())
        if app.clamps.poll():
            skip -= 1
            if skip < 0:
                found.append(tuple(app.clamps.current_ma[:3]))
    print(found)
