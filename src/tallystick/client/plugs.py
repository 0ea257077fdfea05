"""Sockets, asked without waiting."""

from __future__ import annotations

import select


def readable(fileno: int) -> bool:
    """True where bytes, an end or an error wait to be read. Takes any number of a file, as `select.select` does not."""
    asked = select.poll()
    asked.register(fileno, select.POLLIN)
    return bool(asked.poll(0))
