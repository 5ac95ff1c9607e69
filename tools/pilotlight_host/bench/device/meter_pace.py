"""So many balancing reads of the meter, one after the other, and nothing beside them.

After app_on_board.py. Prints `us US` for one on average, and `ok N`.
"""


async def _poll(count):
    meter = app.meters[0].meter
    await meter.poll()
    begin = ticks_us()
    for _ in range(count):
        await meter.poll()
    print("us", ticks_diff(ticks_us(), begin) // count)
    print("ok", meter.counts["ok"] - 1)


asyncio.run(_poll(POLLS))
