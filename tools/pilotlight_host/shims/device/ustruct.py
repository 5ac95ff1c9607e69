"""MicroPython's `ustruct`, the name umqtt.simple 1.3.4 imports."""

from struct import *
