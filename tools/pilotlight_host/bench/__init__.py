"""Measures what the firmware costs and how fast it is, against budgets and an earlier run.

`rows` holds one small module per row, `device` the code that runs on MicroPython for them.
"""
