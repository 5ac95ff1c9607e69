"""What is said of the carrier agrees: wiring.json of both boards, the pins the firmware takes, and
the tables and site files of the two README.md. Pins are texts like "GP14". No clock.
"""

import importlib.util
import json
import re
from itertools import product
from types import ModuleType
from typing import Any

import pytest
from pilotlight import config
from pilotlight_host.paths import BOARDS

BOTH = ("pico", "pico_ppp")
ON_THE_PICO = {"GP23", "GP24", "GP25", "GP29"}  # they do not reach its edge
EDGE = {f"GP{n}" for n in range(30)} - ON_THE_PICO
LINES = ("S0", "S1", "S2", "S3", "S4", "S5")
COUNT_MV = 3300 / 4095
SLOW = ("proximity", "mirror contact", "residual current", "plug temperature")


def wiring_of(board: str) -> dict[str, Any]:
    return json.loads((BOARDS / board / "wiring.json").read_text())


def load(board: str, name: str) -> ModuleType:
    """A module of a board, by its path; only one that imports nothing."""
    spec = importlib.util.spec_from_file_location(f"{board}_{name}", BOARDS / board / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gpio(pin: str) -> int:
    return int(pin.removeprefix("GP"))


def pins_of(wiring: dict[str, Any]) -> list[tuple[str, str]]:
    """(pin, what the wiring calls it), once for each use."""
    serial, test = wiring["rs485"], wiring["residual_current"]["test"]
    uses = [(line["pin"], name) for name, line in lines_of(wiring).items()]
    for kind in ("pilot", "contactor"):
        outlets = wiring[kind + "s"]["outlets"]
        uses += [(entry["pin"], f"{kind} {entry['outlet']}") for entry in outlets]
    uses += [(pin, "analogue") for pin in wiring["adc"]["order"]]
    uses += [
        (serial["tx"], "RS-485 transmit"),
        (serial["rx"], "RS-485 receive"),
        (serial["drive_enable"]["pin"], "RS-485 drive enable"),
        (test["pin"], "residual current test"),
        (wiring["guard_loop"]["to"], "guard beat"),
        (wiring["button"]["pin"], "button"),
        (wiring["dimming"]["pin"], "dimming"),
        (wiring["led"]["pin"], "LED"),
    ]
    if "modem" in wiring:
        modem = wiring["modem"]
        uses += [
            (modem["tx"], f"UART{modem['uart']} transmit"),
            (modem["rx"], f"UART{modem['uart']} receive"),
        ]
    return uses


def lines_of(wiring: dict[str, Any]) -> dict[str, Any]:
    return {name: line for name, line in wiring["selects"].items() if name != "about"}


def signals_at(wiring: dict[str, Any], pin: str, setting: dict[str, int]) -> list[str]:
    """What the switches let through to an ADC pin: exactly one, if the wiring is right."""
    return [
        entry["signal"]
        for entry in wiring["adc_inputs"]
        if entry["pin"] == pin and entry["when"].items() <= setting.items()
    ]


def slot(number: int) -> dict[str, int]:
    """The select lines in slot 0...63 of a cycle: they count upwards, S0 is the lowest bit."""
    return {name: number >> bit & 1 for bit, name in enumerate(LINES)}


def table(board: str, heading: str) -> dict[str, list[str]]:
    """Rows of the README's first table under `heading` by their pin; no pin twice."""
    text = (BOARDS / board / "README.md").read_text()
    _, _, rest = text.partition(heading + "\n")
    found = re.search(r"(?:^\|.*\n)+", rest, re.MULTILINE)
    assert found is not None, f"{board}: no table under {heading}"
    rows = [row.strip("|\n ").split(" | ") for row in found[0].splitlines()[2:]]
    by_pin = {row[0]: row[1:] for row in rows}
    assert len(by_pin) == len(rows), f"{board}: a pin stands twice under {heading}"
    return by_pin


# ---------------------------------------------------------------------- the two boards


def test_pico_ppp_is_pico_with_a_modem():
    plain, modem = wiring_of("pico"), wiring_of("pico_ppp")
    assert (plain.pop("board"), modem.pop("board")) == BOTH
    assert modem.pop("modem")
    assert plain == modem


def test_pico_io_is_the_carrier_of_pico():
    plain, other = wiring_of("pico"), wiring_of("pico_io")
    assert (plain.pop("board"), other.pop("board")) == ("pico", "pico_io")
    assert plain == other


def test_the_modem_is_where_the_board_looks_for_it():
    """boards/pico_ppp/board.py needs a MicroPython, so it is only read."""
    modem = wiring_of("pico_ppp")["modem"]
    numbers = (modem["uart"], gpio(modem["tx"]), gpio(modem["rx"]), modem["baud"])
    text = (BOARDS / "pico_ppp" / "board.py").read_text()
    assert f"_MODEM = {numbers}" in text


# ---------------------------------------------------------------------- pins


def test_the_firmware_takes_the_pins_of_the_wiring():
    wiring, pins = wiring_of("pico"), load("pico", "pico_pins").Pins
    serial = wiring["rs485"]
    assert pins.PILOTS == outlets_of(wiring, "pilots")
    assert pins.CONTACTORS == outlets_of(wiring, "contactors")
    assert pins.LINES == tuple(
        (gpio(line["pin"]), line["hz"]) for line in lines_of(wiring).values()
    )
    assert pins.ADC == tuple(gpio(pin) for pin in wiring["adc"]["order"])
    assert pins.GUARD_BEAT == gpio(wiring["guard_loop"]["to"])
    assert pins.RESIDUAL_TEST == gpio(wiring["residual_current"]["test"]["pin"])
    assert pins.DIMMING == gpio(wiring["dimming"]["pin"])
    assert pins.BUTTON == gpio(wiring["button"]["pin"])
    assert pins.LED == gpio(wiring["led"]["pin"])
    assert pins.RS485 == (
        serial["port"],
        serial["uart"],
        gpio(serial["tx"]),
        gpio(serial["rx"]),
        gpio(serial["drive_enable"]["pin"]),
    )


def outlets_of(wiring: dict[str, Any], kind: str) -> tuple[int, ...]:
    """GPIO numbers in the order of the outlets, which count from 1."""
    outlets = wiring[kind]["outlets"]
    assert [entry["outlet"] for entry in outlets] == list(range(1, len(outlets) + 1))
    return tuple(gpio(entry["pin"]) for entry in outlets)


@pytest.mark.parametrize("board", BOTH)
def test_no_pin_is_used_twice_and_all_are_there(board):
    wiring = wiring_of(board)
    used = [pin for pin, _ in pins_of(wiring)]
    assert len(used) == len(set(used))
    outside = set(used) - {"GP25", "GP29"}
    assert outside <= EDGE and len(EDGE) == 26
    analogue = set(wiring["adc"]["order"])
    assert analogue == {"GP26", "GP27", "GP28", "GP29"}


@pytest.mark.parametrize("board", BOTH)
def test_contactors_are_on_pins_of_the_chip_and_off_in_reset(board):
    """The guard clears them in one register: no expander, no pin that PWM has."""
    wiring = wiring_of(board)
    contactors = wiring["contactors"]
    coils = {entry["pin"] for entry in contactors["outlets"]}
    assert len(coils) == 4 and coils <= EDGE
    assert contactors["energised"] == 1 and contactors["pull_down_ohm"] <= 10000


def test_pwm_slices_are_shared_by_pilots_only():
    wiring = wiring_of("pico")

    def slice_of(pin: str) -> int:
        return gpio(pin) >> 1 & 7

    pilots = {slice_of(entry["pin"]) for entry in wiring["pilots"]["outlets"]}
    lines = [slice_of(line["pin"]) for line in lines_of(wiring).values()]
    assert len(pilots) == 2
    assert len(set(lines)) == len(lines) == 6
    assert not pilots & set(lines)


def test_the_beat_of_the_guard_comes_from_the_line_of_250_hz():
    wiring = wiring_of("pico")
    lines = {line["pin"]: line["hz"] for line in lines_of(wiring).values()}
    assert lines[wiring["guard_loop"]["from"]] == 250


# ---------------------------------------------------------------------- switches


def test_select_lines_count_slots():
    """Each is half as fast as the one before, so that together they count 125 us."""
    lines = lines_of(wiring_of("pico"))
    assert tuple(lines) == LINES
    assert [line["hz"] for line in lines.values()] == [4000 >> bit for bit in range(6)]


@pytest.mark.parametrize("board", BOTH)
@pytest.mark.parametrize("pin", ["GP26", "GP27", "GP28", "GP29"])
def test_every_setting_lets_exactly_one_signal_through(board, pin):
    wiring = wiring_of(board)
    for levels in product((0, 1), repeat=len(LINES)):
        setting = dict(zip(LINES, levels, strict=True))
        assert len(signals_at(wiring, pin, setting)) == 1, (pin, setting)


def test_signals_come_in_the_slots_where_the_firmware_reads_them():
    """drivers/rp2/samples.py: clamps in slots 0, 1, 2 of four, slow signal n in slot 3 + 4 n; pilot
    of outlet i on input i // 2, in the first or second ms.
    """
    wiring = wiring_of("pico")
    slow = [f"{kind} {outlet}" for kind in SLOW for outlet in (1, 2, 3, 4)]
    for number in range(64):
        place = number % 4
        shared = slow[number // 4] if place == 3 else f"clamp {place + 1}"
        second = number // 8 % 2
        expected = [f"pilot {1 + second}", f"pilot {3 + second}", shared, "supply"]
        found = [signals_at(wiring, pin, slot(number)) for pin in wiring["adc"]["order"]]
        assert found == [[signal] for signal in expected], number


def test_256_samples_are_a_period_of_the_pilots():
    wiring = wiring_of("pico")
    assert wiring["adc"]["samples_per_s"] / wiring["pilots"]["frequency_hz"] == 256
    assert 48_000_000 / 187.5 == wiring["adc"]["samples_per_s"]


# ---------------------------------------------------------------------- values


def test_the_pilot_divider_is_an_eighth_around_1650_mv():
    wiring = wiring_of("pico")
    ohm = wiring["pilots"]["divider"]
    siemens = 1 / ohm["terminal_ohm"] + 1 / ohm["to_3v3_ohm"] + 1 / ohm["to_ground_ohm"]
    assert 1 / ohm["terminal_ohm"] / siemens == pytest.approx(1 / 8)
    assert wiring["adc"]["reference_mv"] / ohm["to_3v3_ohm"] / siemens == pytest.approx(1650)


def test_the_gain_belongs_to_the_clamps():
    clamps = wiring_of("pico")["clamps"]
    assert clamps["gain"] == round(100 * COUNT_MV / clamps["mv_per_a"] * 1000)
    assert clamps["mv_per_a"] == pytest.approx(33 / 2000 * 1000)


# ---------------------------------------------------------------------- the pages


@pytest.mark.parametrize(
    ("board", "heading"), [("pico", "## Wiring"), ("pico_ppp", "# The board `pico_ppp`")]
)
def test_the_wiring_table_names_the_pins_of_the_wiring(board, heading):
    """That of `pico_ppp` has the modem's alone."""
    uses = pins_of(wiring_of(board))
    if board == "pico_ppp":
        uses = [use for use in uses if use not in pins_of(wiring_of("pico"))]
    rows = table(board, heading)
    assert set(rows) == {pin for pin, _ in uses}
    for pin, name in uses:
        assert re.search(rf"\b{re.escape(name)}\b", " ".join(rows[pin])), (pin, name)


def test_the_wiring_table_says_what_the_adc_pins_see_and_how_fast_lines_are():
    wiring, rows = wiring_of("pico"), table("pico", "## Wiring")
    for pin in ("GP26", "GP27"):
        for entry in wiring["adc_inputs"]:
            if entry["pin"] == pin:
                assert f"{entry['signal']} (S3 = {entry['when']['S3']})" in rows[pin][1]
    for name, line in lines_of(wiring).items():
        hz = line["hz"]
        told = f"{name}, {hz // 1000} kHz" if hz >= 1000 else f"{name}, {hz} Hz"
        assert told in rows[line["pin"]][1]


def test_free_pins_are_those_that_are_not_used():
    used = {pin for pin, _ in pins_of(wiring_of("pico"))}
    assert set(table("pico", "### Free pins")) == EDGE - used


@pytest.mark.parametrize("board", BOTH)
def test_the_site_file_on_the_page_is_right_and_fits_the_carrier(board):
    wiring = wiring_of(board)
    (text,) = re.findall(r"```json\n(.*?)```", (BOARDS / board / "README.md").read_text(), re.S)
    site = config.check(json.loads(text))
    (feeder,) = site["feeders"]
    assert [clamp["channel"] for clamp in feeder["clamps"]] == [1, 2, 3]
    assert {clamp["gain"] for clamp in feeder["clamps"]} == {wiring["clamps"]["gain"]}
    assert len(site["outlets"]) <= len(wiring["contactors"]["outlets"])
    most_ma = load("pico", "pico_pins").Pins.MAX_MA
    assert all(outlet["max_a"] * 1000 <= most_ma for outlet in site["outlets"])
    assert {meter["port"] for meter in site["meters"]} <= {wiring["rs485"]["port"]}
    assert (site["modem"] is not None) == ("modem" in wiring)
