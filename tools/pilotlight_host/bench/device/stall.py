"""The App, which stalls for STALL_MS whenever the button goes down. After app_on_board.py."""


async def _stall_on_button():
    was_pressed = False
    while True:
        await asyncio.sleep_ms(1)
        is_pressed = board.panel.is_pressed
        if is_pressed and not was_pressed:
            begin = ticks_ms()
            while ticks_diff(ticks_ms(), begin) < STALL_MS:
                pass
        was_pressed = is_pressed


run_app(RUN_MS, _stall_on_button())
