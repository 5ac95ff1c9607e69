"""MicroPython's `usocket`, the name umqtt.simple 1.3.4 imports."""

from socket import *
