"""Time of every control step, us, apart for steps with and without a balancing decision.

Runs after app_on_board.py. Prints `quiet N...` and `deciding N...`.
"""

from array import array

_step = control.step
_decided = [False]
_times = [array("H", bytes(2 * 600)), array("H", bytes(2 * 600))]
_counts = [0, 0]


def _wrap(balancer):
    follow, share = balancer.follow, balancer.share

    def follow_and_say(now_ms):
        _decided[0] = True
        follow(now_ms)

    def share_and_say(now_ms):
        _decided[0] = True
        share(now_ms)

    balancer.follow, balancer.share = follow_and_say, share_and_say


def _timed(now_ms):
    _decided[0] = False
    begin = ticks_us()
    _step(now_ms)
    took = ticks_diff(ticks_us(), begin)
    kind = 1 if _decided[0] else 0
    if recording[0] and _counts[kind] < len(_times[kind]):
        _times[kind][_counts[kind]] = took
        _counts[kind] += 1


async def _record_from(ms):
    await asyncio.sleep_ms(ms)
    recording[0] = True


recording = [False]
_wrap(control.balancer)
control.step = _timed
run_app(RUN_MS, _record_from(FROM_MS))
for name, kind in (("quiet", 0), ("deciding", 1)):
    print(name, *_times[kind][: _counts[kind]])
