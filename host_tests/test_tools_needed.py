"""A missing tool skips or fails a test, and nothing else skips one."""

import re

import pytest
from pilotlight_host.fetch import ToolMissing
from pilotlight_host.paths import HOST_TESTS
from tools_needed import needed

REASON = "no gauge here: install gauge"
SKIPPING = re.compile(r"pytest\.skip\(|skipif|xfail\b|mark\.skip|importorskip|SkipTest|\.skipTest")


def no_gauge():
    raise ToolMissing(REASON)


def test_a_tool_that_is_there_is_given():
    assert needed(lambda: "/usr/bin/gauge") == "/usr/bin/gauge"


@pytest.mark.parametrize("ci", [None, ""])
def test_without_a_tool_a_test_skips_with_the_reason(monkeypatch, ci):
    monkeypatch.delenv("CI", raising=False)
    if ci is not None:
        monkeypatch.setenv("CI", ci)
    with pytest.raises(pytest.skip.Exception, match=f"^{REASON}$"):
        needed(no_gauge)


def test_with_ci_set_it_fails_with_the_reason(monkeypatch):
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match=f"^{REASON}$"):
        needed(no_gauge)


def test_nothing_else_skips_a_test():
    """A test that does not run proves nothing, so nobody may leave one out in silence."""
    files = [file for file in HOST_TESTS.rglob("*.py") if file.name != "test_tools_needed.py"]
    found = [file.name for file in files if SKIPPING.search(file.read_text())]
    assert found == ["tools_needed.py"]
