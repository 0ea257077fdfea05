"""Accounts from saved answers of account/balance: coins held and debts, in each account mode.

A coin is held as much as its equity and its debt (`eq`, `liab`) come to, whatever the mode: there a debt is a hole in
the equity. The mode is told by `availEq`, which Spot mode leaves empty, and by `spotInUseAmt` of coins, which portfolio
margin alone fills; coins taken out of the collateral by `collateralEnabled`, which multi-currency margin alone has.
Whether auto-loan is on is told by account/config alone.
Source: trading-account-rest-api-get-balance (documented).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.kinds import MULTI_CURRENCY, PORTFOLIO, SPOT, AccountMode
from tallystick.engine.parameters import Parameters
from tallystick.lab.listed import BadList, Listed, untold
from tallystick.lab.opening import Owing

POSITIONS: Final = ("isoEq", "notionalUsdForFutures", "notionalUsdForSwap", "upl")
"""Fields of the answer that are not 0 where positions are held."""


def from_balance(rows: Sequence[Mapping[str, Any]], parameters: Parameters) -> Listed:
    """Read the rows of one or more answers, an account a row; accounts without a debt are left out, with a note.

    Raises BadList: an account holds positions, has open orders, or holds less than nothing; no account owes. Raises
    KeyError, TypeError, ValueError: not of this form.
    """
    accounts, notes = [], []
    for number, row in enumerate(rows, start=1):
        name = f"account {number}"
        for field in POSITIONS:
            if row.get(field, "") not in ("", "0"):
                raise BadList(
                    f"{name} holds positions ({field} is {row[field]}), which the venue and the lab do not have"
                )
        held, debts, out = {}, {}, []
        mode = _mode(row)
        for coin in row["details"]:
            ccy, debt = coin["ccy"], atoms_from_text(coin.get("liab") or "0")
            amount = signed(coin["eq"]) + debt
            if coin.get("ordFrozen", "") not in ("", "0"):
                raise BadList(f"{name}: {ccy} is held by open orders, whose fills the lab cannot know: cancel them")
            if amount < 0:
                raise BadList(f"{name}: eq and liab of {ccy} come to less than nothing")
            if ccy not in parameters.currencies and not debt:
                notes.append(f"{name} holds {ccy}, which this venue does not know: it counts nothing.")
                continue
            if amount:
                held[ccy] = amount
            if debt:
                debts[ccy] = debt
            if mode == MULTI_CURRENCY and coin.get("collateralEnabled", True) is False:
                out.append(ccy)
        if debts:
            accounts.append(Owing(held=held, debts=debts, mode=mode, out=tuple(out)))
        else:
            notes.append(f"{name} owes nothing and is left out.")
    if not accounts:
        raise BadList("no account of the answer owes anything")
    return Listed(accounts=tuple(accounts), notes=(*notes, *untold(accounts)))


def _mode(row: Mapping[str, Any]) -> AccountMode:
    if row.get("availEq", "") == "":
        return SPOT
    used = any(coin.get("spotInUseAmt", "") != "" for coin in row["details"])
    return PORTFOLIO if used else MULTI_CURRENCY


def signed(text: str) -> int:
    """Atoms of decimal text that may have a minus. Raises ValueError."""
    return -atoms_from_text(text[1:]) if text.startswith("-") else atoms_from_text(text)
