"""Codecs: bytes <-> values. No input or output, no clock, no state beyond one message."""
