"""Parameters and rows of the peers whose framework checks none: Starlette and Litestar's plain handlers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from checks import Key, Refused

LOAN_TYPES = frozenset(
    {
        "borrowed",
        "repaid",
        "collateral_locked",
        "collateral_released",
        "forced_repayment_buy",
        "forced_repayment_sell",
        "forced_liquidation",
        "partial_liquidation",
        "sell_collateral",
        "buy_transition_coin",
        "sell_transition_coin",
        "buy_borrowed_coin",
    }
)
CURSOR = re.compile(r"[0-9]{1,19}")
FIXED = {
    "acctStpMode": "cancel_maker",
    "posMode": "net_mode",
    "autoLoan": False,
    "greeksType": "PA",
    "feeType": "0",
    "level": "Lv1",
    "levelTmp": "",
    "ctIsoMode": "automatic",
    "mgnIsoMode": "automatic",
    "spotOffsetType": "",
    "stgyType": "0",
    "roleType": "0",
    "traderInsts": [],
    "spotRoleType": "0",
    "spotTraderInsts": [],
    "opAuth": "0",
    "kycLv": "3",
    "liquidationGear": "-1",
    "type": "0",
    "settleCcy": "USDT",
    "settleCcyList": ["USDT", "USDC"],
}
"""Fields of the configuration that are the same for everybody."""


def page_of(query: Mapping[str, str]) -> tuple[str | None, int | None, int | None, int]:
    """Type, after, before and limit of a page. Raises Refused (51000) for the first that is wrong."""
    kind = query.get("type")
    if kind is not None and kind not in LOAN_TYPES:
        raise _wrong("type")
    cursors = []
    for name in ("after", "before"):
        text = query.get(name)
        if text is not None and CURSOR.fullmatch(text) is None:
            raise _wrong(name)
        cursors.append(int(text) if text else None)
    text = query.get("limit", "100")
    if not text.isdecimal() or int(text) < 1:
        raise _wrong("limit")
    return kind, cursors[0], cursors[1], min(int(text), 100)


def _wrong(name: str) -> Refused:
    return Refused("51000", f"Parameter {name} error", 400, with_data=True)


def loan_rows(rows: Sequence[tuple[int, str, str, str, int]]) -> list[dict[str, str]]:
    """Rows of the loan history as they are answered."""
    return [
        {"refId": str(ref_id), "type": kind, "ccy": ccy, "amt": amt, "ts": str(ts)}
        for ref_id, kind, ccy, amt, ts in rows
    ]


def config_row(key: Key, account: tuple[str, bool, bool]) -> dict[str, Any]:
    """The configuration of an account as it is answered."""
    level, spot_borrow, auto_repay = account
    return {
        "uid": str(key.user_id),
        "mainUid": str(key.user_id),
        "acctLv": level,
        **FIXED,
        "label": key.label,
        "ip": ",".join(sorted(key.ips)),
        "perm": ",".join(sorted(key.permissions)),
        "enableSpotBorrow": spot_borrow,
        "spotBorrowAutoRepay": auto_repay,
    }
