"""Mutation check of the two files that decide over a contactor: score, and every survivor.

`make mutants` runs it; it takes about ten minutes. Each mutant is one small change of the source
(cosmic-ray), made in a copy of the checkout below `out/mutants`; the tests of `core` must notice.
What survives is judged in docs/safety.md. Times in s.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "out" / "mutants"
BIN = Path(sys.executable).parent
MODULES = ("firmware/pilotlight/core/outlet.py", "firmware/pilotlight/core/pilot.py")
# the quick ones first: the first that fails ends a mutant's run
TESTS = (
    "test_pilot",
    "test_outlet",
    "test_outlet_faults",
    "test_outlet_f",
    "test_outlet_edges",
    "test_status",
    "test_control_guard",
    "test_control_turns",
)
_TIMEOUT_S = 20.0
_LOOK_S = 10.0
# Small ints are one object, so `is` is `==`; of the operators only the opposite one is tried.
_LEFT_OUT = (
    "core/ReplaceComparisonOperator_(Eq|NotEq|Lt|LtE|Gt|GtE)_(Is|IsNot)",
    "core/ReplaceBinaryOperator_Add_(?!Sub$).*",
    "core/ReplaceBinaryOperator_Sub_(?!Add$).*",
    "core/ReplaceBinaryOperator_LShift_(?!RShift$).*",
    "core/ReplaceBinaryOperator_RShift_(?!LShift$).*",
    "core/ReplaceBinaryOperator_BitOr_(?!BitAnd$).*",
    "core/ReplaceBinaryOperator_BitAnd_(?!BitOr$).*",
    "core/ReplaceUnaryOperator_USub_(Invert|Not)",
)
_CONFIG = """[cosmic-ray]
module-path = {modules}
timeout = {timeout}
excluded-modules = []
test-command = "{python} -B tests.py"
[cosmic-ray.distributor]
name = "local"
[cosmic-ray.filters.operators-filter]
exclude-operators = {left_out}
"""
_RUNNER = """import io, sys, unittest
sys.path.insert(0, "host_tests/both")
from pilotlight_host.shims.install import install
install()
tests = unittest.defaultTestLoader.loadTestsFromNames({tests})
done = unittest.TextTestRunner(stream=io.StringIO(), verbosity=0, failfast=True).run(tests)
sys.exit(not done.wasSuccessful())
"""
_RESULTS = """select s.module_path, s.start_pos_row, s.operator_name, s.occurrence, r.diff,
r.test_outcome from mutation_specs s join work_results r on s.job_id = r.job_id
where r.worker_outcome != 'SKIPPED' order by s.module_path, s.start_pos_row"""


def prepare() -> dict[str, str]:
    """The copy, its configuration and test runner; returns the environment to run in."""
    shutil.rmtree(COPY, ignore_errors=True)
    no_cache = shutil.ignore_patterns("__pycache__")
    for folder in ("firmware", "tools", "host_tests/both"):
        shutil.copytree(ROOT / folder, COPY / folder, ignore=no_cache)
    text = _CONFIG.format(
        modules=list(MODULES), timeout=_TIMEOUT_S, python=sys.executable, left_out=list(_LEFT_OUT)
    )
    (COPY / "mutants.toml").write_text(text)
    (COPY / "tests.py").write_text(_RUNNER.format(tests=list(TESTS)))
    path = os.pathsep.join([str(COPY / "tools"), os.environ.get("PYTHONPATH", "")])
    return os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def results() -> list[tuple]:
    """Of every mutant that has been tried: file, line, operator, occurrence, diff, outcome."""
    with sqlite3.connect(f"file:{COPY / 'session.sqlite'}?mode=ro", uri=True) as session:
        return session.execute(_RESULTS).fetchall()


def main() -> int:
    env = prepare()
    whole = subprocess.run([sys.executable, "-B", "tests.py"], cwd=COPY, env=env, check=False)
    if whole.returncode != 0:
        print("mutants: the tests fail on the unchanged source", file=sys.stderr)
        return 1
    session = ("mutants.toml", "session.sqlite")
    subprocess.run([BIN / "cosmic-ray", "init", *session], cwd=COPY, env=env, check=True)
    filtered = [BIN / "cr-filter-operators", *reversed(session)]
    subprocess.run(filtered, cwd=COPY, env=env, check=True)
    with subprocess.Popen([BIN / "cosmic-ray", "exec", *session], cwd=COPY, env=env) as running:
        while running.poll() is None:
            time.sleep(_LOOK_S)
            print(f"mutants: {len(results())} tried", file=sys.stderr)
    return report(results())


def report(rows: list[tuple]) -> int:
    """Print every survivor, then the score."""
    survived = [row for row in rows if "SURVIVED" in str(row[5])]
    for module, line, operator, occurrence, diff, _ in survived:
        print(f"{module}:{line} {operator.removeprefix('core/')} {occurrence}")
        for text in diff.splitlines():
            if text[:1] in "+-" and text[:3] not in ("+++", "---"):
                print("   ", text)
    killed = len(rows) - len(survived)
    print(f"{killed} of {len(rows)} mutants killed, {killed / max(1, len(rows)):.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
