"""Pilotlight: the brain of an EV charging site, on a small board."""

VERSION = "0.1.0"
