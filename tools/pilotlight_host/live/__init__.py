"""The real firmware in real time on boards/sim: clock, ports, and the world's thread.

Two threads, each with its own event loop: the firmware has the main one for itself, as it has a
board for itself; broker, listener and Modbus meter live in the other and meet it only through
sockets and ptys.
"""
