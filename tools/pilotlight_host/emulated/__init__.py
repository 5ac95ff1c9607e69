"""A Raspberry Pi Pico that runs the real image, emulated, with the world around its pins.

`Pico` is the board, `Bench` the board together with the simulated site. Needs no hardware.
"""

from .bench import Bench
from .filesystem import filesystem_image, flash_with_files
from .pico import Event, Pico
from .process import EmulatorError
from .repl import RawRepl
from .usbpty import UsbPty

__all__ = [
    "Bench",
    "EmulatorError",
    "Event",
    "Pico",
    "RawRepl",
    "UsbPty",
    "filesystem_image",
    "flash_with_files",
]
