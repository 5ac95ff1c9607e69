"""Decisions: integers in, integers out. No clock, no I/O, no asyncio, no hardware."""
