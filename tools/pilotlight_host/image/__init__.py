"""Flashable images: MicroPython's rp2 port with the firmware frozen in, built from source."""

from pilotlight_host.image.build import ensure_image

__all__ = ["ensure_image"]
