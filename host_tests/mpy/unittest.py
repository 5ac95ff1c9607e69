"""A `unittest` for MicroPython, as far as host_tests/both uses it. No clock.

`run(modules)` runs every test method, prints a line per failure and one summary line
`ran N failed M`, and returns the number of failures. Numbers are counts.
"""

import sys


class _Raises:
    """Context manager of `assertRaises`; the exception is in `.exception` afterwards."""

    def __init__(self, expected):
        self.expected = expected
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            raise AssertionError("nothing raised, expected %r" % (self.expected,))
        self.exception = value
        return issubclass(kind, self.expected)


class TestCase:
    """The part of unittest.TestCase that exists here; anything else is an AttributeError."""

    def setUp(self):
        pass

    def tearDown(self):
        pass

    def fail(self, msg=None):
        raise AssertionError(msg or "failed")

    def _hold(self, claim, text, msg):
        if not claim:
            raise AssertionError(text if msg is None else "%s : %s" % (text, msg))

    def assertEqual(self, a, b, msg=None):
        self._hold(a == b, "%r != %r" % (a, b), msg)

    def assertNotEqual(self, a, b, msg=None):
        self._hold(a != b, "%r == %r" % (a, b), msg)

    def assertTrue(self, a, msg=None):
        self._hold(a, "%r is not true" % (a,), msg)

    def assertFalse(self, a, msg=None):
        self._hold(not a, "%r is not false" % (a,), msg)

    def assertIs(self, a, b, msg=None):
        self._hold(a is b, "%r is not %r" % (a, b), msg)

    def assertIsNot(self, a, b, msg=None):
        self._hold(a is not b, "%r is %r" % (a, b), msg)

    def assertIsNone(self, a, msg=None):
        self._hold(a is None, "%r is not None" % (a,), msg)

    def assertIsNotNone(self, a, msg=None):
        self._hold(a is not None, "is None", msg)

    def assertIn(self, a, b, msg=None):
        self._hold(a in b, "%r not in %r" % (a, b), msg)

    def assertNotIn(self, a, b, msg=None):
        self._hold(a not in b, "%r in %r" % (a, b), msg)

    def assertIsInstance(self, a, kind, msg=None):
        self._hold(isinstance(a, kind), "%r is no %r" % (a, kind), msg)

    def assertLess(self, a, b, msg=None):
        self._hold(a < b, "%r is not < %r" % (a, b), msg)

    def assertLessEqual(self, a, b, msg=None):
        self._hold(a <= b, "%r is not <= %r" % (a, b), msg)

    def assertGreater(self, a, b, msg=None):
        self._hold(a > b, "%r is not > %r" % (a, b), msg)

    def assertGreaterEqual(self, a, b, msg=None):
        self._hold(a >= b, "%r is not >= %r" % (a, b), msg)

    def assertAlmostEqual(self, a, b, places=7, msg=None, delta=None):
        limit = 0.5 * 10**-places if delta is None else delta
        self._hold(a == b or abs(a - b) <= limit, "%r !~ %r" % (a, b), msg)

    def assertRaises(self, expected, function=None, *args):
        context = _Raises(expected)
        if function is None:
            return context
        with context:
            function(*args)
        return None


def _cases(module):
    """Test classes of a module, by name."""
    found = [getattr(module, name) for name in sorted(dir(module))]
    return [c for c in found if isinstance(c, type) and issubclass(c, TestCase) and c != TestCase]


def _run_one(case, name):
    """One test on a fresh instance; True if it passed."""
    test = case()
    try:
        test.setUp()
        try:
            getattr(test, name)()
        finally:
            test.tearDown()
        return True
    except Exception as error:
        print("FAIL %s.%s" % (case.__name__, name))
        sys.print_exception(error)
        return False


def run(modules):
    """Run all tests of the modules; returns how many failed."""
    ran = failed = 0
    for module in modules:
        for case in _cases(module):
            for name in sorted(dir(case)):
                if name.startswith("test"):
                    ran += 1
                    passed = _run_one(case, name)
                    failed += not passed
                    if passed:
                        print("ok   %s.%s" % (case.__name__, name))
    print("ran %d failed %d" % (ran, failed))
    return failed


def main():
    """`unittest.main()` of a file that is run by itself."""
    sys.exit(run([__import__("__main__")]) > 0)
