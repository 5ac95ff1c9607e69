"""Flash with time: the core stands still meanwhile, power can go in the middle of it."""

import pytest
from emulator_helpers import START_SLICES, booted, image, start_ring, wiring
from pilotlight_host.emulated import Pico, RawRepl, filesystem_image, flash_with_files
from pilotlight_host.emulated.pico import WORST_FLASH_MS

FILESYSTEM = 1408 * 1024
FILESYSTEM_AT = 2 * 1024 * 1024 - FILESYSTEM
SECTOR = 4096
BLOCK = 300  # of the file system: nothing lies there

FLASH = f"""
import gc, rp2, time
flash = rp2.Flash()
def timed(action, ready=lambda: None):
    gc.collect()  # else a collection may fall into it
    ready()
    before = time.ticks_us()
    action()
    return time.ticks_diff(time.ticks_us(), before)
erase = lambda: flash.ioctl(6, {BLOCK})
program = lambda: flash.writeblocks({BLOCK}, bytes(range(256)) * 4, 0)
"""

WRITTEN_AT = (
    "next(mem32[0x50000004 + 64 * n] for n in range(12) if mem32[0x5000000c + 64 * n] >> 24 & 1)"
)
EDGES = f"""
count = 0
def edge(pin):
    global count
    count += 1
def after_an_edge():
    global a, count
    count = 0
    while not count:
        pass
    a, count = {WRITTEN_AT}, 0
Pin(15, Pin.IN).irq(edge, Pin.IRQ_RISING, hard=True)
"""


def sector(pico: Pico) -> bytes:
    start = FILESYSTEM_AT + BLOCK * SECTOR
    return pico.flash_image()[start : start + SECTOR]


@pytest.mark.parametrize(
    ("times", "erase_ms", "page_ms"), [(None, 45, 0.4), (WORST_FLASH_MS, 400, 3)]
)
def test_flash_takes_its_time(times: dict | None, erase_ms: float, page_ms: float) -> None:
    with booted(flash_times=times) as (pico, repl):
        repl.exec(FLASH)
        erase_us, program_us = (
            int(word) for word in repl.exec("print(timed(erase), timed(program))").split()
        )
        assert erase_us == pytest.approx(1000 * erase_ms, abs=300)
        assert 0 < program_us - 4 * 1000 * page_ms < 1000
        events = [event for event in pico.run(pico.now_us) if event.kind == "flash"]
        assert [(event.op, event.size) for event in events[-5:]] == [
            ("erase", SECTOR),
            *[("program", 256)] * 4,
        ]
        assert sector(pico)[:1024] == bytes(range(256)) * 4
        assert sector(pico)[1024:] == b"\xff" * (SECTOR - 1024)


def test_programming_only_clears_bits() -> None:
    with booted() as (pico, repl):
        repl.exec(FLASH)
        repl.exec(f"erase(); flash.writeblocks({BLOCK}, b'\\x0f' * 256, 0)")
        repl.exec(f"flash.writeblocks({BLOCK}, b'\\xf1' * 256, 0)")
        assert sector(pico)[:256] == b"\x01" * 256


def test_the_world_goes_on_while_the_core_stands_still() -> None:
    """No interrupt is taken, but PWM runs and the DMA fills its ring."""
    with booted() as (pico, repl):
        start_ring(pico, repl)
        repl.exec(FLASH)
        repl.exec(EDGES)
        code = f"us = timed(erase, after_an_edge); n = count; b = {WRITTEN_AT}\nprint(us, n, a, b)"
        us, edges, before, after = (int(word) for word in repl.exec(code).split())
        beyond = ((after - before) // 2 - round(us * 0.256)) % 8192  # samples
        assert 45_000 < us < 45_300
        assert edges <= 1  # one is pending and taken at the end, ten are lost
        assert beyond < 300  # what Python itself takes


def test_the_watchdog_bites_through_an_erase() -> None:
    """400 ms without a core is more than a short watchdog allows; the erase is completed."""
    with booted(flash_times=WORST_FLASH_MS) as (pico, repl):
        repl.exec(FLASH)
        repl.exec("erase(); program()")
        pico.run(pico.now_us)
        repl.start("import machine\nw = machine.WDT(timeout=100)\nerase()")
        events = pico.run(pico.now_us + 200_000, stop_on_event=True)
        events += pico.run(pico.now_us + 200_000, stop_on_event=True)
        assert [event.kind for event in events] == ["flash", "reset"]
        assert events[1].cause == "watchdog"
        assert events[1].t_us - events[0].t_us < 101_000
        assert sector(pico) == b"\xff" * SECTOR


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.9])
def test_power_goes_in_an_erase(fraction: float) -> None:
    """Part of the sector is erased, part is as it was; then the board starts from power-on."""
    with booted() as (pico, repl):
        repl.exec(FLASH)
        repl.exec(f"erase(); flash.writeblocks({BLOCK}, bytes(4096))")
        pico.run(pico.now_us)
        pico.cut_power_in_flash(1, fraction)
        repl.start("erase()")
        started, reset = [
            *pico.run(pico.now_us + 100_000, stop_on_event=True),
            *pico.run(pico.now_us + 100_000, stop_on_event=True),
        ]
        done = int(SECTOR * fraction)
        assert (started.op, reset.cause) == ("erase", "power")
        assert reset.t_us - started.t_us == pytest.approx(45_000 * fraction, abs=1)
        assert sector(pico) == b"\xff" * done + bytes(SECTOR - done)
        pico.run(pico.now_us + 300_000)
        causes = "import machine\nprint(machine.reset_cause() == machine.PWRON_RESET)"
        assert RawRepl(pico).exec(causes) == "True\n"


def test_power_goes_in_a_program() -> None:
    """Some bytes are there, one is half there, the rest is still erased."""
    with booted() as (pico, repl):
        repl.exec(FLASH)
        repl.exec("erase()")
        pico.run(pico.now_us)
        pico.cut_power_in_flash(2, 0.5)
        repl.start(f"flash.writeblocks({BLOCK}, b'\\x33' * 512, 0)")
        while not any(event.kind == "reset" for event in pico.run(pico.now_us + 1000)):
            assert pico.now_us < 2e6
        assert sector(pico)[: 256 + 128] == b"\x33" * 384
        assert sector(pico)[384] == 0xF3
        assert sector(pico)[385:] == b"\xff" * (SECTOR - 385)


def test_a_power_cycle_in_the_middle_of_an_erase() -> None:
    with booted() as (pico, repl):
        repl.exec(FLASH)
        repl.exec(f"erase(); flash.writeblocks({BLOCK}, bytes(4096))")
        pico.run(pico.now_us)
        repl.start("erase()")  # it may have begun by now
        begun = pico.run(pico.now_us) or pico.run(pico.now_us + 100_000, stop_on_event=True)
        pico.run(begun[0].t_us + 9000)
        pico.power_cycle()
        assert sector(pico).count(0xFF) == pytest.approx(SECTOR * 9 / 45, abs=2)
        assert sector(pico).lstrip(b"\xff") == bytes(SECTOR - sector(pico).count(0xFF))


def test_the_flash_outlives_the_board() -> None:
    with booted() as (pico, repl):
        repl.exec("with open('kept.txt', 'w') as file: file.write('still here')")
        flash = pico.flash_image()
    with booted(flash=flash) as (_, repl):
        assert repl.exec("print(open('kept.txt').read())") == "still here\n"


def test_files_from_outside() -> None:
    """A file system made on the PC is the board's own from the first boot: no erase, all files."""
    files = {"site.txt": b"{}", "records/day/1.bin": bytes(range(256)) * 40}
    flash = flash_with_files(image(), files, FILESYSTEM)
    with Pico(image(), wiring(), flash=flash) as pico:
        assert [event for event in pico.run(300_000) if event.kind == "flash"] == []
        repl = RawRepl(pico)
        assert repl.exec("print(open('site.txt').read())") == "{}\n"
        big = "print(open('records/day/1.bin', 'rb').read() == bytes(range(256)) * 40)"
        assert repl.exec(big) == "True\n"
        repl.exec("with open('records/day/2', 'w') as file: file.write('new')")
        assert (
            repl.exec("import os\nprint(sorted(os.listdir('records/day')))") == "['1.bin', '2']\n"
        )


@pytest.mark.parametrize(
    ("files", "size", "said"),
    [
        ({}, 5000, "size: 5000, expected a multiple of 4096"),
        ({"a": bytes(70_000)}, 65536, "no file system could be made"),
    ],
)
def test_a_file_system_that_cannot_be(files: dict, size: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        filesystem_image(files, size)


def test_runs_repeat_to_the_nanosecond() -> None:
    """The same calls twice: the same events at the same instants, the same samples, same words."""

    def once(translate: bool) -> tuple:
        with booted(noise_seed=5, translate=translate) as (pico, repl):
            address = start_ring(pico, repl)
            repl.exec(START_SLICES + FLASH + "print(timed(erase))")
            words = pico.peek(address, 512)
            said = repl.exec("import gc\nprint(gc.mem_free(), time.ticks_us())")
            ram = pico.peek(0x20000000, 8192)
            return pico.run(pico.now_us + 20_000), words, said, pico.now_us, ram

    first = once(True)
    assert once(True) == first
    assert once(False) == first  # translated code does what the instructions do, cycle by cycle
