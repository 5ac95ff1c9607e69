"""MicroPython's `ubinascii`, the name umqtt.simple 1.3.4 imports."""

from binascii import *
