"""Runs first, also after a soft reset and before the prompt of a tool: every output off."""

from board import rest  # pyright: ignore - only boards that are booted have it

rest()
