"""Tallystick: the credit side of a crypto exchange, whole, on your own machine."""

__version__ = "0.1.0"
