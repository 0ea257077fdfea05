"""Loans and accounts of a list, and the error for a list that cannot be read."""

from __future__ import annotations

from typing import NamedTuple

from tallystick.lab.opening import Opened, Owing


class BadList(ValueError):
    """Error for a list of loans or accounts that cannot be read. The text names the place."""


class Listed(NamedTuple):
    """Loans and accounts of a list. Each note is a sentence on what the list does not tell, and how it is taken."""

    loans: tuple[Opened, ...] = ()
    accounts: tuple[Owing, ...] = ()
    notes: tuple[str, ...] = ()
