"""The Flask peer: the same three endpoints the way Flask's documentation teaches them.

Checks stand in a decorator, refusals in an error handler, answers go through `jsonify`, parameters are read from
`request.args` and checked by hand (Flask brings no validation; a library for it would only add to the time).
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from checks import Key, Refused, SlidingWindow, authenticate, permit
from flask import Flask, Response, jsonify, request
from storage import Storage

storage = Storage(Path(os.environ["PEER_DATABASE"]))
window = SlidingWindow() if os.environ.get("PEER_LIMITS", "exact") == "exact" else None
app = Flask(__name__)

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

View = Callable[[Key], Response]


def signed(permission: str, count: int, period_ms: int) -> Callable[[View], Callable[[], Response]]:
    """Give the view its caller's key, or refuse."""

    def decorate(view: View) -> Callable[[], Response]:
        @functools.wraps(view)
        def checked() -> Response:
            target = request.environ["RAW_URI"]
            client_ip = request.remote_addr or ""
            key = authenticate(request.headers, request.method, target, request.get_data(), client_ip, storage.find_key)
            permit(key, permission)
            if window is not None:
                window.check(key.user_id, request.path, count, period_ms)
            return view(key)

        return checked

    return decorate


@app.errorhandler(Refused)
def refused(refusal: Refused) -> tuple[Response, int]:
    return jsonify(refusal.body()), refusal.http_status


def invalid(field: str) -> Refused:
    return Refused("51000", f"Parameter {field} error", 400, with_data=True)


def cursor(name: str) -> int | None:
    """A cursor parameter, "" as absent."""
    text = request.args.get(name)
    if not text:
        return None
    if not CURSOR.fullmatch(text):
        raise invalid(name)
    return int(text)


def ok(*rows: Mapping[str, object]) -> Response:
    return jsonify(code="0", msg="", data=rows)


@app.get("/api/v5/finance/flexible-loan/loan-history")
@signed("read_only", 5, 2_000)
def loan_history(key: Key) -> Response:
    kind = request.args.get("type") or None
    if kind is not None and kind not in LOAN_TYPES:
        raise invalid("type")
    after = cursor("after")
    before = cursor("before")
    limit = cursor("limit")
    if limit is None:
        limit = 100
    if limit < 1:
        raise invalid("limit")
    rows = storage.loan_history(key.user_id, type=kind, after=after, before=before, limit=min(limit, 100))
    return ok(
        *(
            {"refId": str(ref_id), "type": kind, "ccy": ccy, "amt": amt, "ts": str(ts)}
            for ref_id, kind, ccy, amt, ts in rows
        )
    )


@app.get("/api/v5/account/config")
@signed("read_only", 5, 2_000)
def config(key: Key) -> Response:
    level, spot_borrow, auto_repay = storage.account(key.user_id)
    return ok(
        {
            "uid": str(key.user_id),
            "mainUid": str(key.user_id),
            "acctLv": level,
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
            "label": key.label,
            "ip": ",".join(sorted(key.ips)),
            "perm": ",".join(sorted(key.permissions)),
            "liquidationGear": "-1",
            "enableSpotBorrow": spot_borrow,
            "spotBorrowAutoRepay": auto_repay,
            "type": "0",
            "settleCcy": "USDT",
            "settleCcyList": ["USDT", "USDC"],
        }
    )


@app.post("/api/v5/account/set-auto-repay")
@signed("trade", 5, 2_000)
def set_auto_repay(key: Key) -> Response:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refused("50002", "JSON syntax error", 400, with_data=True)
    enabled = body.get("autoRepay")
    if not isinstance(enabled, bool):
        raise invalid("autoRepay")
    storage.set_auto_repay(key.user_id, enabled)
    return ok({"autoRepay": enabled})
