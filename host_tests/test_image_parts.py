"""Building images, all that needs no compiler for ARM: what is said if something is missing or
wrong, when a cache is stale, UF2, what modules cost.
"""

import json
import os
import shutil
import subprocess

import pytest
from cli_helpers import command, environment, pilotlight
from image_helpers import flash
from pilotlight_host.errors import UserError
from pilotlight_host.fetch import ToolMissing
from pilotlight_host.image import build, native, sizes, sources, steps, uf2
from pilotlight_host.paths import FIRMWARE


def where_only(tools, folder, *words):
    """`pilotlight words` on a machine where nothing but `tools` is installed."""
    for tool in tools:
        (folder / tool).symlink_to(shutil.which(tool) or "/nowhere")
    return subprocess.run(
        command(*words),
        capture_output=True,
        text=True,
        timeout=120,
        env=environment() | {"PATH": str(folder)},
        check=False,
    )


@pytest.mark.parametrize("name", native.MODULES)
def test_no_class_of_the_control_step_has_a_property(name):
    """One makes every store to an attribute of its class ten times as slow (docs/performance.md)."""
    assert "@property" not in (FIRMWARE / "pilotlight" / name).read_text()


@pytest.mark.parametrize("word", ["firmware", "size"])
def test_the_commands_explain_themselves(word):
    done = pilotlight(word, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: pilotlight {word}")
    assert len(done.stdout.splitlines()) > 5


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("firmware",), "BOARD: is missing, expected one of: pico, pico_io, pico_ppp"),
        (("firmware", "sim"), "BOARD: 'sim' is wrong, expected one of: pico, pico_io, pico_ppp"),
        (("firmware", "../boards/pico"), "BOARD: '../boards/pico' is wrong"),
        (("size", "nano"), "BOARD: 'nano' is wrong, expected one of: pico, pico_io, pico_ppp"),
        (("size", "--json", "/"), "--json /: is a folder"),
    ],
)
def test_a_wrong_board_or_file_is_one_line(words, told):
    done = pilotlight(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert told in done.stderr


@pytest.mark.parametrize(
    ("there", "programs", "packages"),
    [
        (
            (),
            "arm-none-eabi-gcc, cmake, make, gcc, newlib for ARM",
            "gcc-arm-none-eabi cmake make gcc libc6-dev libnewlib-arm-none-eabi",
        ),
        (
            ("cmake", "gcc"),
            "arm-none-eabi-gcc, make, newlib for ARM",
            "gcc-arm-none-eabi make libnewlib-arm-none-eabi",
        ),
    ],
)
def test_missing_compilers_are_named_with_the_line_that_installs_them(
    tmp_path, there, programs, packages
):
    done = where_only(there, tmp_path, "firmware", "pico")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"pilotlight: an image is compiled with {programs}, not found here: "
        f"apt-get install --no-install-recommends {packages}\n"
    )


def test_a_folder_that_is_no_micropython_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("MPY_DIR", str(tmp_path))
    with pytest.raises(ToolMissing) as caught:
        sources.ensure_source()
    assert str(caught.value).startswith(f"MPY_DIR={tmp_path}: there is no py/mpconfig.h in it")


@pytest.mark.parametrize(("prerelease", "version"), [("0", "v1.26.1"), ("1", "v1.26.1-preview")])
def test_a_tree_of_ones_own_is_told_by_its_header(monkeypatch, tmp_path, prerelease, version):
    numbers = {"MAJOR": "1", "MINOR": "26", "MICRO": "1", "PRERELEASE": prerelease}
    text = "".join(f"#define MICROPY_VERSION_{k} {v}\n" for k, v in numbers.items())
    for part in sources.PARTS:
        (tmp_path / part).mkdir(parents=True)
    (tmp_path / "py/mpconfig.h").rmdir()
    (tmp_path / "py/mpconfig.h").write_text(text)
    monkeypatch.setenv("MPY_DIR", str(tmp_path))
    source = sources.ensure_source()
    assert (source.tree, source.version, source.is_pinned) == (tmp_path, version, False)


def test_a_program_that_fails_is_told_with_its_reason(tmp_path):
    script = "echo compiling; echo 'x.c:3:1: error: unknown type name'; echo done; exit 3"
    with pytest.raises(UserError) as caught:
        steps.run(["sh", "-c", script], dict(os.environ), tmp_path)
    (line,) = caught.value.lines
    assert "sh failed: x.c:3:1: error: unknown type name (all it said: " in line
    assert (tmp_path / "sh.log").read_text().splitlines()[-1] == "done"


def test_another_recipe_starts_from_an_empty_folder(tmp_path):
    folder = tmp_path / "out"
    assert steps.is_new(folder, "a")
    assert steps.is_new(folder, "a")  # interrupted before it had begun
    steps.begun(folder, "a")
    (folder / "made").touch()
    assert not steps.is_new(folder, "a")
    assert (folder / "made").exists()
    assert steps.is_new(folder, "b")
    assert not (folder / "made").exists()


def test_every_input_is_in_the_key(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    two.write_text("2")
    keys = [build.digest(["x"], [one, two])]
    assert build.digest(["x"], [two, one]) == keys[0]
    keys += [build.digest(["y"], [one, two]), build.digest(["x"], [one])]
    one.write_text("2")
    two.write_text("1")
    keys.append(build.digest(["x"], [one, two]))
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("size", [1, 256, 257, 1000])
def test_uf2_holds_the_content_and_zeros_up_to_a_whole_page(size):
    content = bytes(n % 251 for n in range(size))
    whole = flash(uf2.pack(content))
    assert whole[:size] == content
    assert len(whole) % 256 == 0
    assert not any(whole[size:])
    assert len(whole) - size < 256


@pytest.mark.parametrize(("program", "free"), [(640 << 10, 0), ((640 << 10) + 1, -1)])
def test_a_program_must_not_reach_into_the_file_system(program, free):
    part = sizes.Sizes(program=program, storage=1408 << 10, static=1, heap=1, stack=1)
    assert part.free == free
    if free < 0:
        with pytest.raises(UserError, match="pico: the program has 655361 bytes, 1 more than"):
            sizes.check_fit(part, "pico")
    else:
        sizes.check_fit(part, "pico")


def test_size_needs_no_compiler_for_arm(tmp_path):
    done = where_only((), tmp_path, "size", "--json", "-")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    files = {str(file.relative_to(FIRMWARE)) for file in FIRMWARE.rglob("*.py")}
    assert set(report["modules"]) == files
    assert report["mpy_bytes"] == sum(cost["mpy"] for cost in report["modules"].values())
    assert report["budget_bytes"] == 160 << 10  # the goal, which is missed
    assert report["mpy_bytes"] < 272 << 10


def test_size_of_a_board_says_what_it_lacks_and_tells_the_rest(tmp_path):
    done = where_only((), tmp_path, "size", "pico")
    assert done.returncode == 0
    assert "apt-get install" in done.stderr and len(done.stderr.splitlines()) == 1
    assert done.stdout.splitlines()[-1].startswith("goal for .mpy 163,840 bytes, used ")


def test_size_lists_the_largest_first_and_adds_up(tmp_path):
    lines = pilotlight("size").stdout.splitlines()
    costs = [int(line.split()[1].replace(",", "")) for line in lines[1:-2]]
    assert costs == sorted(costs, reverse=True)
    assert lines[-2].split() == ["total", f"{sum(costs):,}"]
