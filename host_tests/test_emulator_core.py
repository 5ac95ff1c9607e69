"""The emulated processor, and the emulator's own errors."""

import dataclasses
from pathlib import Path

import pytest
from emulator_helpers import booted, image, wiring
from pilotlight_host.emulated import Event, Pico
from pilotlight_host.emulated.node import node_binary
from pilotlight_host.emulated.uf2 import flash_of
from pilotlight_host.fetch import ToolMissing

# Each shifts r0 by r1 with the carry cleared or set before; result and carry afterwards.
SHIFTS = """
import micropython
@micropython.asm_thumb
def carry_of(r0, r1):
    mov(r2, 0)
    {carry}
    {shift}(r0, r1)
    bcc(done)
    mov(r2, 1)
    label(done)
    mov(r0, r2)
@micropython.asm_thumb
def result_of(r0, r1):
    {shift}(r0, r1)
results = []
for value in (0x80000001, 0x7ffffffe, 0xffffffff, 0):
    for by in (0, 1, 2, 31, 32, 33, 64, 255):
        results.append((value, by, result_of(value, by) & 0xffffffff, carry_of(value, by)))
print(results)
"""
CLEAR, SET = "cmp(r2, 1)", "cmp(r2, 0)"  # 0 - 1 borrows: carry clear


def shifted(name: str, value: int, by: int, carry: int) -> tuple[int, int]:
    """Result and carry as the ARMv6-M manual defines them."""
    if by == 0:
        return value, carry
    if name == "lsl":
        return (value << by) & 0xFFFFFFFF, (value >> (32 - by)) & 1 if by <= 32 else 0
    if name == "lsr":
        return value >> by, (value >> (by - 1)) & 1
    signed = value - (1 << 32) if value >> 31 else value
    if name == "asr":
        return (signed >> by) & 0xFFFFFFFF, (signed >> (by - 1)) & 1
    turned = ((value >> (by % 32)) | (value << (32 - by % 32))) & 0xFFFFFFFF
    return turned, turned >> 31


def test_shifts_by_register() -> None:
    with booted() as (_, repl):
        for name in ("lsl", "lsr", "asr", "ror"):
            for carry, code in ((0, CLEAR), (1, SET)):
                said = repl.exec(SHIFTS.format(shift=name, carry=code))
                for value, by, result, carried in eval(said):
                    assert (result, carried) == shifted(name, value, by, carry), (name, value, by)


def test_arithmetic() -> None:
    """Multiplication, division (in hardware), floats (in the boot ROM) agree with this Python."""
    cases = [(1, 3), (-7, 2), (123456789, 1000), (-(2**29), 7), (2**30 - 1, 2**15)]
    with booted() as (_, repl):
        code = f"print([(a * b, a // b, a % b, a ^ b, a & b, -a, a << 3) for a, b in {cases}])"
        expected = [(a * b, a // b, a % b, a ^ b, a & b, -a, a << 3) for a, b in cases]
        assert eval(repl.exec(code)) == expected
        code = "round(math.sqrt(2), 5), round(math.sin(1), 5), 7 / 4, int(-2.5), 2.0 ** 10"
        code = f"import math\nprint([{code}])"
        assert repl.exec(code) == "[1.41421, 0.84147, 1.75, -2, 1024.0]\n"


@pytest.mark.parametrize("address", [0x20000002, 0x30000000])
def test_a_wrong_address_is_a_fault_and_named(address: int) -> None:
    """As on the chip: HardFault, the core locks up, and only the watchdog gets it out of there."""
    with booted() as (pico, repl):
        repl.exec(
            "import machine, micropython\n"
            "@micropython.asm_thumb\ndef load(r0): ldr(r0, [r0, 0])\n"
            "w = machine.WDT(timeout=1000)"
        )
        assert pico.log == []
        repl.start(f"load({address})")
        (reset,) = pico.run(pico.now_us + 1_100_000, stop_on_event=True)
        assert reset.cause == "watchdog"
        assert any(f"{address:x}" in line and "HardFault" in line for line in pico.log)


def test_the_console_keeps_order_and_bytes() -> None:
    with booted() as (pico, repl):
        assert repl.exec("print(''.join(chr(65 + i % 26) for i in range(3000)))", 10_000) == (
            "".join(chr(65 + i % 26) for i in range(3000)) + "\n"
        )
        repl.exec("import sys")
        repl.start("data = sys.stdin.buffer.read(2000); print(sum(data), len(data))")
        pico.console_write(bytes(65 + i % 26 for i in range(2000)))
        expected = f"{sum(65 + i % 26 for i in range(2000))} 2000"
        assert expected.encode() in pico.wait_for(b"\x04\x04>", 10_000)


def test_a_run_reaches_the_time_it_is_given() -> None:
    """Not a rounding less: whoever runs on until then would do so for ever."""
    with Pico(image(), wiring()) as pico:
        pico.run(1000.3)
        for number in range(400):
            if number == 200:
                pico.power_cycle()  # at no whole ns; from here on times are sums
            target_us = pico.now_us + 0.1 + number * 0.0173
            pico.run(target_us)
            assert pico.now_us >= target_us


def test_a_time_that_is_a_whole_ns_but_for_rounding_is_reached_too() -> None:
    target_us = 703940.6140000001  # 703 940 614 ns, and turned back it is less
    with Pico(image(), wiring()) as pico:
        pico.run(target_us)
        assert pico.now_us >= target_us


def test_waiting_in_vain_says_what_was_there_instead() -> None:
    with booted() as (pico, _):
        pico.console_write(b"print('something else')\x04")
        with pytest.raises(TimeoutError, match=r"no b'the answer'.*something else"):
            pico.wait_for(b"the answer", 50)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda pico: pico.analog.pilot(5, 0, 0), r"outlet 5: the board has outlets 1\.\.\.4"),
        (lambda pico: pico.analog.clamp(4, 0, 0), r"clamp 4: the board has clamps 1\.\.\.3"),
        (lambda pico: pico.analog.level("mains", 0), "'mains' is no signal of this board"),
    ],
)
def test_wrong_names_are_refused(call, said: str) -> None:
    with Pico(image(), wiring()) as pico, pytest.raises(ValueError, match=said):
        call(pico)


def test_files_that_are_no_image(tmp_path: Path) -> None:
    file = tmp_path / "image.uf2"
    for content, said in ((b"", "0 bytes"), (bytes(512), "block 0"), (bytes(100), "100 bytes")):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=said):
            flash_of(file)
    with pytest.raises(ValueError, match="flash: 3 bytes, expected 2097152"):
        Pico(image(), wiring(), flash=b"abc")


def test_a_node_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE", "/nowhere/node")
    with pytest.raises(ToolMissing, match=r"^no Node for the emulator: /nowhere/node.*set NODE="):
        node_binary()


def test_events_are_values() -> None:
    """They can be compared, put into sets, and not changed."""
    event = Event(1.0, "led", on=True)
    assert event == Event(1.0, "led", on=True) and len({event, Event(1.0, "led", on=True)}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.on = False  # type: ignore[misc]
