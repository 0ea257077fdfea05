"""Loans and accounts of a list, and the error for a list that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tallystick.engine.kinds import SPOT
from tallystick.lab.opening import Opened, Owing


class BadList(ValueError):
    """Error for a list of loans or accounts that cannot be read. The text names the place."""


class Listed(NamedTuple):
    """Loans and accounts of a list. Each note is a sentence on what the list does not tell, and how it is taken."""

    loans: tuple[Opened, ...] = ()
    accounts: tuple[Owing, ...] = ()
    notes: tuple[str, ...] = ()


def untold(accounts: Sequence[Owing]) -> tuple[str, ...]:
    """Note on what a list of accounts does not tell: without auto-loan, other modes than Spot have other rules."""
    others = sum(account.mode != SPOT for account in accounts)
    if not others:
        return ()
    return (
        f"accounts in other modes than Spot: {others} of {len(accounts)}; the book does not tell whether their "
        "auto-loan is on, and it is taken to be on.",
    )
