"""Drivers for boards with an RP2040. Only such a board imports them."""
