"""Bytes that each control step takes from the heap on the board. After app_on_board.py.

Prints `bytes N` for the most of a silent step, and `steps N`.
"""


def _most(count):
    most = steps = 0
    for _ in range(count):
        sleep_ms(18)
        noted = app.journal.count
        gc.collect()  # so that none happens within the step
        before = gc.mem_alloc()
        control.step(ticks_ms())
        taken = gc.mem_alloc() - before
        if app.journal.count == noted:
            most = max(most, taken)
            steps += 1
    return most, steps


print("bytes %d\nsteps %d" % _most(STEPS))
