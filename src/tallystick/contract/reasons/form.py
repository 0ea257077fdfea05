"""The form of a reason: words in two languages with placeholders for facts, and the levers that change the outcome."""

from __future__ import annotations

from msgspec import Struct


class ReasonText(Struct, frozen=True):
    """Placeholders in braces are names of facts; `{name}` is the user.

    A lever is a control call below /tally/v1/, a command of `tally`, an option of `tally serve`, or a call of the API,
    and nothing but that, for it is the same in both languages. Levers are alternatives, the most likely one first.
    There are none where only the request itself can change.
    """

    en: str
    zh: str
    levers: tuple[str, ...] = ()


def table(rows: tuple[tuple[str, ...], ...]) -> dict[str, ReasonText]:
    """Reasons by name: name, English, Chinese, levers."""
    return {name: ReasonText(en, zh, tuple(levers)) for name, en, zh, *levers in rows}


BALANCE = 'POST users/{name}/balance {{"account": "{account}", "ccy": "{ccy}", "amt": "..."}}'
TRADING = 'POST users/{name}/balance {{"account": "trading", "ccy": "{ccy}", "amt": "..."}}'
COLLATERAL = 'POST users/{name}/balance {{"account": "trading", "ccy": "...", "amt": "..."}}'
LEVERAGE = 'POST /api/v5/account/set-leverage {{"ccy": "{ccy}", "mgnMode": "cross", "lever": "..."}}'
BORROWING = 'POST users/{name}/spot-borrow {{"enabled": true}}'
PRICE = 'POST market/price {{"instId": "...", "px": "..."}}'
QUOTE_TTL = 'POST parameters {{"constants": {{"convert_ttl_ms": ...}}}}'
