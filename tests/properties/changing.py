"""The part of the shadow that follows what becomes of orders: changed, given up, met by their own user, timed out."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from tallystick.engine import commands as c
from tallystick.engine import events as e
from tests.properties.exchange import Exchange
from tests.properties.oracle import COIN, Open, need


class Changing(Exchange):
    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.timers: dict[tuple[int, str], int] = {}
        """(user, tag) -> when its orders are cancelled."""
        self.struck: list[tuple[int, str]] = []
        """Timers that went off in this command."""
        self.given_up = 0
        self.taker = 0
        """The order this command placed or changed."""

    def begin_changes(self) -> None:
        self.struck.clear()
        self.given_up = self.taker = 0

    def judge_changes(self) -> None:
        need(self.given_up not in self.orders, "O4", f"order {self.given_up} was given up and stays")
        for user, tag in self.struck:
            left = [order for order in self.orders.values() if order.user == user and tag in ("", order.tag)]
            need(not left, "O4", f"the timer of {user}, {tag!r} leaves {left}")

    # ---- no more than so many

    def crowded(self, user: int, instrument: str) -> str:
        """The reason a user gets no further order for an instrument; "" while there is room."""
        open_for = [order.instrument for order in self.orders.values() if order.user == user]
        if open_for.count(instrument) >= self.p.orders_max_per_instrument:
            return "TOO_MANY_ORDERS_HERE"
        return "TOO_MANY_ORDERS" if len(open_for) >= self.p.orders_max else ""

    def _on_PlaceOrder(self, command: c.PlaceOrder, at_ms: int) -> str | None:
        """Up to the limits of open orders; what comes after them is left to the book and the balances."""
        instrument = self.p.instruments.get(command.instrument)
        if instrument is None:
            return "UNKNOWN_INSTRUMENT"
        if not command.size_in_quote:
            if command.size % instrument.lot:
                return "SIZE_OFF_LOT"
            if command.size < instrument.min_size:
                return "SIZE_BELOW_MIN"
        if command.kind != "market" and command.price % instrument.tick:
            return "PRICE_OFF_TICK"
        if (command.kind, command.stp_mode) == ("fok", "cancel_both"):
            return "STP_AGAINST_KIND"
        if command.client_order_id:
            return None
        return self.crowded(command.user_id, command.instrument) or None

    # ---- another price or size

    def _on_AmendOrder(self, command: c.AmendOrder, at_ms: int) -> str | None:
        instrument = self.p.instruments.get(command.instrument)
        if instrument is None:
            return "UNKNOWN_INSTRUMENT"
        order = self.orders.get(command.order_id)
        if order is None or (order.user, order.instrument) != (command.user_id, command.instrument):
            return None if command.client_order_id else "UNKNOWN_ORDER"
        if command.cancel_on_fail:
            return ""
        size, price = command.size or order.size, command.price or order.price
        if size % instrument.lot:
            return "SIZE_OFF_LOT"
        if size < instrument.min_size:
            return "SIZE_BELOW_MIN"
        if price % instrument.tick:
            return "PRICE_OFF_TICK"
        left = max(size - order.filled, 0)
        need_now = ceil(Fraction(left * price, COIN)) if order.side == "buy" else left
        more = need_now - order.held - order.beyond
        if not left or (more <= 0 and price == order.price):
            return ""
        if order.kind == "post_only":
            return None
        account = self.accounts[order.user]
        lacking = self.possible(order.user, order.ccy, more) if more > 0 else 0
        if lacking and not (account.borrows and self.p.currencies[order.ccy].borrowable):
            return "INSUFFICIENT_BALANCE"
        owes = any(account.debt.values()) or any(self.possible(order.user, ccy) for ccy in self.p.currencies)
        return None if lacking or owes else ""

    def _OrderAmended(self, event: e.OrderAmended) -> None:
        said, order = self.command, self.orders[event.order_id]
        need(isinstance(said, c.AmendOrder) and said.user_id == event.user_id == order.user, "L11", event)
        if not isinstance(said, c.AmendOrder):
            return
        price, size = said.price or order.price, max(said.size or order.size, order.filled)
        need((event.price, event.size) == (price, size), "L11", f"{event} for {said}")
        free = self.available(order.user, order.ccy) + order.held
        left = size - order.filled
        exact = Fraction(left * price, COIN) if order.side == "buy" else Fraction(left)
        need(event.held + event.beyond == ceil(exact), "L4", f"{event} needs another amount than {exact}")
        need(0 <= event.held <= free, "L4", f"{event} holds more than {free}")
        need(event.beyond == 0 or (event.held == free and self.accounts[order.user].borrows), "B7", event)
        if event.beyond > order.beyond:
            del self.orders[event.order_id]
            self.judge_new_order(
                e.OrderPlaced(
                    order_id=event.order_id,
                    user_id=order.user,
                    instrument=order.instrument,
                    side=order.side,
                    kind=order.kind,
                    price=price,
                    size=left,
                    size_in_quote=False,
                    held_ccy=order.ccy,
                    held=event.held,
                    client_order_id="",
                    tag="",
                    placed_at_ms=0,
                    beyond=event.beyond,
                )
            )
            self.orders[event.order_id] = order
        if price != order.price or size > order.size:
            self.placed += 1
            order.number = self.placed
        order.price, order.size, order.held, order.beyond = price, size, event.held, event.beyond
        self.taker = event.order_id

    def _AmendFailed(self, event: e.AmendFailed) -> None:
        said = self.command
        need(isinstance(said, c.AmendOrder) and said.cancel_on_fail, "L11", event)
        need(event.order_id in self.orders and self.orders[event.order_id].user == event.user_id, "L11", event)
        self.given_up = event.order_id

    # ---- self-trade prevention

    def judge_meeting(self, event: e.OrderClosed, order: Open) -> None:
        """Whose order is cancelled where a user meets himself: as the order that came last says."""
        taker = order if event.order_id == self.taker else self.orders.get(self.taker)
        need(taker is not None and taker.user == order.user, "O5", f"{event} met nobody of its own")
        if taker is None:
            return
        modes = ("cancel_taker", "cancel_both") if order is taker else ("cancel_maker", "cancel_both", "")
        need(taker.stp in modes, "O5", f"{event} although the taker says {taker.stp}")
        if taker.stp == "cancel_both":
            self.given_up = self.taker

    # ---- the dead man's switch

    def _CancelTimerSet(self, event: e.CancelTimerSet) -> None:
        said, key = self.command, (event.user_id, event.tag)
        if isinstance(said, c.SetCancelTimer):
            at_ms = self.at_ms + said.timeout_ms if said.timeout_ms else 0
            need((said.user_id, said.tag, at_ms) == (*key, event.trigger_at_ms), "L11", event)
        else:
            due_ms = self.timers.get(key)
            need(isinstance(said, c.Tick) and event.trigger_at_ms == 0, "L11", event)
            need(due_ms is not None and due_ms <= self.at_ms, "O4", f"{event}, due at {due_ms}")
            self.struck.append(key)
        if event.trigger_at_ms:
            self.timers[key] = event.trigger_at_ms
        else:
            self.timers.pop(key, None)

    def _on_SetCancelTimer(self, command: c.SetCancelTimer, at_ms: int) -> str:
        tags = {tag for user, tag in self.timers if user == command.user_id and tag}
        full = len(tags) >= 20 and command.tag not in ("", *tags)
        return "TOO_MANY_TIMERS" if full and command.timeout_ms else ""
