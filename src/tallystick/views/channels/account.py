"""Channels of a user's balances."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tallystick.contract.account import Balance, BalanceDetail, BalanceRow
from tallystick.contract.channel_rows import (
    AccountDetail,
    AccountRow,
    BalanceAndPositionRow,
    BalanceEvent,
    CashRow,
    TradeReference,
)
from tallystick.contract.fields import fields
from tallystick.engine import events as e
from tallystick.engine import ledger, prices
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event
from tallystick.engine.kinds import SPOT, AccountMode
from tallystick.engine.state import State
from tallystick.views import account
from tallystick.views.channels.core import EVERYBODY, Each, Latest, Say
from tallystick.views.core import Caller, amount

REGULAR_MS = 5_000
"""Interval of full snapshots (chosen: the documents only say regularly)."""

WATCHED = (
    "cashBal", "eq", "availBal", "frozenBal", "liab", "interest", "twap", "frpType", "colRes", "colBorrAutoConversion",
)  # fmt: skip
"""Fields whose change counts as a change of a currency: its coins, its debt and its warnings, not its price."""
_WHOLE = Balance()
_DETAIL_FIELDS = tuple(
    field.attribute
    for field in fields(AccountDetail)
    if field.always is None and field.attribute in BalanceDetail.__struct_fields__
)
_ROW_FIELDS = tuple(name for name in AccountRow.__struct_fields__ if name != "details")


class Account(Latest):
    """Snapshot for a new subscriber and every few seconds; between these the currencies that changed.

    A currency that is used up is sent once more, with zeros. After a change of the account mode all are sent, since
    other fields apply.
    """

    def __init__(self, user_id: int, ccy: str, extra: str) -> None:
        self.ccy = ccy
        self.topics = (("user", user_id), EVERYBODY)
        self.repeat_ms = 0 if events_only(extra) else REGULAR_MS
        self.known: dict[str, tuple[str, ...]] | None = None
        self.mode: AccountMode = SPOT

    def first(self, state: State, caller: Caller) -> Say:
        row, details = self._look(state, caller)
        if self.known is None:
            self.known, self.mode = _watched(details), state.users[caller.user_id].mode
        return self._whole(row, details, state)

    def again(self, state: State, caller: Caller) -> Say:
        row, details = self._look(state, caller)
        self.known = _watched(details)
        return self._whole(row, details, state)

    def change(self, state: State, caller: Caller) -> Say | None:
        row, details = self._look(state, caller)
        before, self.known = self.known or {}, _watched(details)
        mode, self.mode = self.mode, state.users[caller.user_id].mode
        if mode != self.mode:
            return Say((_row(state, row, details),), {"eventType": "event_update"})
        changed = [detail for detail in details if before.get(detail.ccy) != self.known[detail.ccy]]
        changed += [account.detail_of(state, caller.user_id, ccy) for ccy in before if ccy not in self.known]
        if not changed:
            return None
        return Say((_row(state, row, changed),), {"eventType": "event_update"})

    def _look(self, state: State, caller: Caller) -> tuple[BalanceRow, list[BalanceDetail]]:
        (row,) = account.balance(state, _WHOLE, caller)
        return row, [detail for detail in row.details if not self.ccy or detail.ccy == self.ccy]

    def _whole(self, row: BalanceRow, details: list[BalanceDetail], state: State) -> Say:
        return Say((_row(state, row, details),), {"eventType": "snapshot", "curPage": 1, "lastPage": True})


def events_only(extra: str) -> bool:
    """True where `extraParams` asks for changes alone. Raises ValueError: no JSON object, or another interval."""
    if not extra:
        return False
    found = json.loads(extra)
    if type(found) is not dict or found.get("updateInterval", "0") not in ("0", 0):
        raise ValueError("updateInterval")
    return "updateInterval" in found


def _watched(details: Sequence[BalanceDetail]) -> dict[str, tuple[str, ...]]:
    return {detail.ccy: tuple(getattr(detail, name) for name in WATCHED) for detail in details}


def _row(state: State, row: BalanceRow, details: Sequence[BalanceDetail]) -> AccountRow:
    shown = {name: getattr(row, name) for name in _ROW_FIELDS}
    return AccountRow(**shown, details=tuple(_detail(state, detail) for detail in details))


def _detail(state: State, detail: BalanceDetail) -> AccountDetail:
    shown = {name: getattr(detail, name) for name in _DETAIL_FIELDS}
    return AccountDetail(
        **shown, coinUsdPrice=amount(prices.usd_index(state, detail.ccy)), maxSpotInUseAmt=detail.maxSpotInUse
    )


CAUSES: tuple[tuple[type, BalanceEvent], ...] = (
    (e.LiquidationStarted, "liquidation"),
    (e.OrderFilled, "filled"),
    (e.Transferred, "transferred"),
    (e.HourPassed, "interest_deduction"),
)
"""Class of event -> cause; the first one found in an entry applies, "transferred" without any."""


class BalanceAndPosition(Each):
    """Cash that changed, with the cause and the fills behind it; `cashBal` is that of `account/balance`.

    In Spot mode interest grows the debt and leaves cash as it is; in the others both are one number, below zero if
    owed.
    """

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        self.topics = (("user", user_id), EVERYBODY)
        self.cash: dict[str, int] | None = None

    def first(self, state: State, caller: Caller) -> Say:
        cash = self._cash(state)
        if self.cash is None:
            self.cash = cash
        return Say((self._row("snapshot", cash, state, caller.at_ms),))

    def told(self, stamp: Stamp, events: Sequence[Event], state: State, caller: Caller) -> list[Say]:
        before, self.cash = self.cash or {}, self._cash(state)
        changed = {ccy: self.cash.get(ccy, 0) for ccy in before | self.cash if before.get(ccy) != self.cash.get(ccy)}
        if not changed:
            return []
        kinds = {type(event) for event in events if getattr(event, "user_id", self.user_id) == self.user_id}
        cause: BalanceEvent = next((name for kind, name in CAUSES if kind in kinds), "transferred")
        trades = tuple(
            TradeReference(instId=event.instrument, tradeId=str(event.trade_id))
            for event in events
            if type(event) is e.OrderFilled and event.user_id == self.user_id
        )
        return [Say((self._row(cause, changed, state, stamp.at_ms, trades),))]

    def _cash(self, state: State) -> dict[str, int]:
        if state.users[self.user_id].cross:
            return ledger.equity(state, self.user_id)
        return dict(state.ledger.get(f"trading:{self.user_id}", {}))

    def _row(
        self,
        cause: BalanceEvent,
        cash: dict[str, int],
        state: State,
        at_ms: int,
        trades: tuple[TradeReference, ...] = (),
    ) -> BalanceAndPositionRow:
        user = state.users[self.user_id]
        balances = tuple(
            CashRow(ccy=ccy, cashBal=amount(cash[ccy]), uTime=str(ledger.changed_at_ms(state, user, ccy)))
            for ccy in sorted(cash)
        )
        return BalanceAndPositionRow(pTime=str(at_ms), eventType=cause, balData=balances, trades=trades)
