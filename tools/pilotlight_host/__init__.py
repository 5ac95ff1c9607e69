"""Pilotlight on a PC: simulator, console command and the means to run the firmware on CPython."""
