"""The App for RUN_MS, and how late its control steps are. After app_on_board.py.

Prints `up N...` and `down N...`: steps that were 0, 1, ... 63 or more ms late while the broker was
there, and after it had been.
"""

from array import array

from pilotlight.drivers.pace import Pace, TidyPace

_LAST = 63
_late = {True: array("i", bytes(4 * 64)), False: array("i", bytes(4 * 64))}
_UP = 2
_was_up = [False]


class LoggedPace(TidyPace):
    """That of the control step; every beat is counted once the broker has been there."""

    async def next(self, sleeper):
        late_ms = await TidyPace.next(self, sleeper)
        is_up = app.mqtt.link.state == _UP
        _was_up[0] = _was_up[0] or is_up
        if _was_up[0]:
            _late[is_up][min(late_ms, _LAST)] += 1
        return late_ms


def _pace(period_ms, is_step=False):
    if is_step:
        board._step = LoggedPace(period_ms)
    return board._step if is_step else Pace(period_ms, board._step)


board.pace = _pace
run_app(RUN_MS)
print("up", *_late[True])
print("down", *_late[False])
