"""`pilotlight commission`, at the real firmware in 5 times real time: a person, a car of one phase,
and two clamps that are exchanged.
"""

import re
import subprocess

import pytest
from cli_helpers import command, environment, pilotlight, scenario

pytestmark = pytest.mark.realtime

EXCHANGED = """phases = 1
[[load]]
kind = "constant"
amps = [0.0, 2.0, 5.0]
[[event]]
at = "0s"
kind = "clamps-swapped"
phases = ["L1", "L2"]
"""


@pytest.fixture
def port(tmp_path):
    """The console of a site, where its car has begun to charge."""
    file = scenario(tmp_path, "15m", EXCHANGED)
    process = subprocess.Popen(
        command("run", "--scenario", file, "--speed", "5"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
        env=environment(),
    )
    assert process.stdout is not None
    found = None
    for line in process.stdout:
        found = found or re.search(r"pilotlight console --port (\S+)", line)
        if "1 C2 " in line:
            break
    assert found is not None
    yield found[1]
    process.kill()
    process.wait()


def commission(port, tmp_path, typed):
    (tmp_path / "typed").write_text(typed)
    with (tmp_path / "typed").open() as stdin:
        done = subprocess.run(
            command("commission", "--port", port),
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=200,
            env=environment(),
            check=False,
        )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_what_is_wired_where_is_found_and_put_right(port, tmp_path):
    assert commission(port, tmp_path, "s\n") == (
        1,
        "outlet 1: with a car there that charges, Enter begins (2 to 20 minutes); s leaves it out: "
        "s\ngone through: nothing; typed: 0\n",
    )
    code, said = commission(port, tmp_path, "\ny\ny\n")
    assert code == 0, said
    assert "outlet 1: 1 pulses so far" in said
    assert "main: at the wires of L1, L2, L3 are the clamps of L2, L1, L3" in said
    put = 'tune("feeders[0].clamps", [{"channel": 2, '
    assert said.count(put) == 2  # as it was found, and as it was asked for
    assert "y types it: y\nfeeders[0].clamps = " in said
    assert "\nsaved to " in said
    assert said.endswith("gone through: outlet 1; typed: 1\n")


def test_nothing_is_typed_or_saved_that_nobody_wants(port, tmp_path):
    code, said = commission(port, tmp_path, "\n\n")
    assert (code, said.count("y saves what was typed")) == (0, 0), said
    assert said.endswith("gone through: outlet 1; typed: 0\n")
    assert "feeders[0].clamps = " not in said and 'tune("feeders[0].clamps"' in said


def test_without_a_site_it_says_so(tmp_path):
    done = pilotlight("commission", "--port", tmp_path / "none")
    assert done.returncode == 1
    assert "no site answers there" in done.stderr
