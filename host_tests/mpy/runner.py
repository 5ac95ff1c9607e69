"""Runs one test module on MicroPython: `micropython runner.py test_name`; exits 1 on failure.

First of all it proves that this is the interpreter meant: ticks that wrap at 2^30.
"""

import gc
import sys
from time import ticks_add

import unittest

if ticks_add(0, -1) != (1 << 30) - 1:
    print("not a 32-bit MicroPython: ticks_add(0, -1) is", ticks_add(0, -1))
    sys.exit(2)
gc.threshold(4096)  # what stays lies close together, as on a board, which collects often
sys.exit(1 if unittest.run([__import__(sys.argv[1])]) else 0)
