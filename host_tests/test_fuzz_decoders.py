"""Every decoder of `wire` on bytes that nobody meant: a few hundred generated ones each time, and
in the storm a minute each of fuzzing guided by the coverage of the decoder (atheris), where that
can be had.
"""

import importlib.util
import os
import re
import subprocess
import sys

import pytest
from decoder_checks import CHECKS, SEEDS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pilotlight_host.paths import HOST_TESTS, ROOT

FUZZ_S = int(os.environ.get("FUZZ_S", "60"))
_HAS_ATHERIS = importlib.util.find_spec("atheris") is not None


@st.composite
def spoiled(draw, name):
    """A seed with bytes changed, taken out, doubled, put in; or just bytes."""
    data = bytearray(draw(st.sampled_from([b"", *SEEDS[name]])))
    for _ in range(draw(st.integers(0, 6))):
        at, size = draw(st.integers(0, len(data))), draw(st.integers(0, 12))
        kind = draw(st.integers(0, 3))
        if kind == 0:
            data[at:at] = draw(st.binary(max_size=12))
        elif kind == 1:
            del data[at : at + size]
        elif kind == 2:
            data[at:at] = data[at : at + size]
        elif at < len(data):
            data[at] = draw(st.integers(0, 255))
    return bytes(data)


def generated(name, examples):
    """Run the check on so many."""
    calm = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]

    @settings(max_examples=examples, deadline=None, suppress_health_check=calm)
    @given(spoiled(name))
    def run(data):
        CHECKS[name](data)

    run()


@pytest.mark.parametrize("name", CHECKS)
def test_generated(name):
    for seed in SEEDS[name]:
        CHECKS[name](seed)
    generated(name, 250)


@pytest.mark.storm
@pytest.mark.parametrize("name", CHECKS)
def test_fuzzed(name, tmp_path):
    if not _HAS_ATHERIS:  # only for Linux on x86-64, Python 3.11 to 3.13
        generated(name, 20_000)
        return
    for number, seed in enumerate(SEEDS[name]):
        (tmp_path / f"seed{number}").write_bytes(seed)
    done = subprocess.run(
        [
            sys.executable, HOST_TESTS / "fuzz_decoders.py", name, f"-max_total_time={FUZZ_S}",
            "-seed=1", "-max_len=1000", "-len_control=0", "-timeout=20", "-print_final_stats=1",
            f"-artifact_prefix={tmp_path}/", tmp_path,
        ],
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'tools'}:{HOST_TESTS}"},
        capture_output=True, text=True, timeout=FUZZ_S + 240, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    runs = re.search(r"number_of_executed_units: (\d+)", said)
    cover = re.findall(r"cov: (\d+)", said)
    assert runs is not None and int(runs[1]) > 300, said[-2000:]
    print(f"{name}: {int(runs[1]):,} inputs in {FUZZ_S} s, {cover[-1]} places covered")
