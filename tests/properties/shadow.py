"""Lets the oracle live through a run: each event is judged against what the oracle knew before it, then applied."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any

from tallystick.engine import commands as c
from tallystick.engine import events as e
from tallystick.engine.interest import Charge
from tallystick.engine.state import State
from tests.properties.credit import FORCED
from tests.properties.oracle import (
    COIN,
    HOUR_MS,
    Account,
    Amounts,
    Lent,
    Open,
    Run,
    add,
    clean,
    desk_spread,
    need,
)
from tests.properties.partial_sales import PartialSale
from tests.properties.waiting import Waiting

RESTING = ("limit", "post_only")
LIQUIDATIONS = ("partial_liquidation", "forced_liquidation")
SALES = ("forced_repayment_sell", "sell_collateral")
HOPS = ("buy_transition_coin", "sell_transition_coin", "buy_borrowed_coin")
UNPLANNED = (
    c.Tick,
    c.MoveMarket,
    c.SetPrices,
    c.ReleaseMarket,
    c.MovePool,
    c.ChangeParameters,
    c.RepayLoanWithCollateral,
)
"""Commands whose rows in the loan history follow from prices and not from the command alone."""
ULP = 100
"""The least amount of a spot debt: 16 decimals."""
CLOSE = Fraction(1, 10**9)
"""Ratios nearer than this to a line are left to the engine."""


class Shadow(Waiting):
    """Oracle that follows. `follow` takes one accepted command with its events; `compare` looks at the whole state."""

    command: c.Command
    at_ms: int

    def follow(self, command: c.Command, events: list[Any], at_ms: int) -> None:
        self.at_ms = at_ms
        self.command = self.asked_for(self.judge_faults(command, events), events, at_ms)
        self.begin_changes()
        self.smaller_legs = 0
        """Legs of one-click repays that asked for less than remained of the request, because less was owed."""
        self.borrowed_now: set[tuple[int, str]] = set()
        self.bought_now: set[tuple[int, str]] = set()
        """What fills brought in. A liquidation spends and buys one coin in turns, so the whole may come to less."""
        self.auto_repaid: dict[tuple[int, str], int] = {}
        self.forced_now: set[int] = set()
        self.loan_rows: list[tuple[str, str, int]] = []
        self.ended: Open | None = None
        self.last_fill: e.OrderFilled | None = None
        self.before = {
            (user, ccy): self.unreserved(user, ccy) for user in self.accounts for ccy in self.accounts[user].trading
        }
        self.swept: set[tuple[int, str]] = set()
        self.converted: set[str] = set()
        self.seized: dict[int, Fraction] = {}
        self.settled: dict[int, int] = {}
        self.gross: dict[int, Fraction] = {}
        self.partial_sales: dict[int, PartialSale] = {}
        """By loan, the step of a partial liquidation that is under way."""
        self.sold_over = 0
        """Most coins that one such step sold."""
        self.closed_out: set[int] = set()
        """Loans of a full liquidation."""
        self.own_moved = False
        """Whether trades of this command moved an index."""
        healthy = [loan_id for loan_id, loan in self.loans.items() if self._healthy(loan)]
        expected_rows = self._expected_loan_rows()
        for event in events:
            getattr(self, f"_{type(event).__name__}")(event)
        if isinstance(self.command, c.AdjustCollateral):
            done = self.loan_rows.count(expected_rows[0])
            need(done == 1, "F15", f"{command} was accepted and done {done} times: {self.loan_rows}")
        if not isinstance(self.command, UNPLANNED):
            rows, more = self.loan_rows[: len(expected_rows)], self.loan_rows[len(expected_rows) :]
            need(rows == expected_rows, "F9", f"rows {self.loan_rows}, the command asks for {expected_rows}")
            need(not more or (self.own_moved and more[0][0] in LIQUIDATIONS), "F9", f"{more} beyond what was asked for")
        self.judge_effects(events)
        need(self.credit is None, "B7", f"borrowed and not spent: {self.credit}")
        self.judge_changes()
        self._judge_liquidations(events)
        if not isinstance(command, c.MoveMarket | c.SetPrices | c.ReleaseMarket | c.ChangeParameters | c.Tick):
            for loan_id in healthy:
                loan = self.loans.get(loan_id)
                need(loan is None or self._healthy(loan) is not False, "F2", f"{command} leaves {loan}")
        self.judge_rates()
        if self._reviewed(events):
            self.judge_accounts()
            self.judge_levels()
        for user, account in self.accounts.items():
            if account.auto and "auto-repay-stalls" not in self.fired:
                self._require_exhausted(user)
            run = self.runs.get(user)
            need(run is None or run.done == run.promised, "O3", f"run says {run}")
        for order_id, order in self.orders.items():
            need(order.kind in RESTING, "O4", f"order {order_id} of kind {order.kind} rests")
            left = order.size - order.filled
            exact = Fraction(left * order.price, COIN) if order.side == "buy" else Fraction(left)
            need(order.held + order.beyond == ceil(exact), "L4", f"order {order_id} holds {order.held} for {exact}")

    def _reviewed(self, events: list[Any]) -> bool:
        """Whether all debts must have been judged by the prices of this moment."""
        told = isinstance(self.command, c.MoveMarket | c.SetPrices | c.ChangeParameters)
        return told or self.own_moved or any(isinstance(one, e.HourPassed) for one in events)

    def _healthy(self, loan: Lent) -> bool | None:
        """Below the line of liquidation; None where it is too close to say."""
        ltv = self.ltv(loan)
        if ltv is None:
            return False
        room = self.lines(loan)[1] - ltv
        return None if abs(room) < CLOSE else room > 0

    def _came_in(self, user: int, ccy: str) -> bool:
        """Whether more of a currency became available in this command than by borrowing, or it is swept."""
        key = (user, ccy)
        more = self.unreserved(user, ccy) + self.auto_repaid.get(key, 0) > self.before.get(key, 0)
        return key in self.swept or (more and key not in self.borrowed_now)

    def _require_exhausted(self, user: int) -> None:
        for ccy, debt in self.accounts[user].debt.items():
            if debt and self._came_in(user, ccy):
                need(self.spendable(user, ccy) <= 0, "B8", f"user {user} keeps {self.spendable(user, ccy)} {ccy}")

    # ---- accounts

    def _UserCreated(self, event: e.UserCreated) -> None:
        self.accounts[event.user_id] = Account(event.name, event.master_id)

    def _LevelSet(self, event: e.LevelSet) -> None:
        said = self.command
        need(isinstance(said, c.SetLevel) and (event.user_id, event.level) == (said.user_id, said.level), "L11", event)
        self.accounts[event.user_id].level = event.level

    def _KeysNoted(self, event: e.KeysNoted) -> None:
        said = self.command
        need(isinstance(said, c.NoteKeys) and event.digest == said.digest, "L11", event)

    def _TransferOutSet(self, event: e.TransferOutSet) -> None:
        said = self.command
        asked = (said.user_id, said.sub_ids, said.allowed) if isinstance(said, c.SetTransferOut) else None
        need((event.user_id, event.sub_ids, event.allowed) == asked, "L11", event)
        for sub_id in event.sub_ids:
            need(self.accounts[sub_id].main == event.user_id, "U2", event)
            self.accounts[sub_id].gives = event.allowed

    def _SpotBorrowSwitched(self, event: e.SpotBorrowSwitched) -> None:
        account = self.accounts[event.user_id]
        account.borrows = event.enabled
        account.auto = account.auto and event.enabled

    def _AutoRepaySwitched(self, event: e.AutoRepaySwitched) -> None:
        account = self.accounts[event.user_id]
        need(event.enabled == getattr(self.command, "enabled", None), "B9", "another setting than asked for")
        if event.enabled and not account.auto:
            self.swept |= {(event.user_id, ccy) for ccy in account.debt}
            account.exempt.clear()
        account.auto = event.enabled

    def _BalanceAdjusted(self, event: e.BalanceAdjusted) -> None:
        said = self.command
        need(
            isinstance(said, c.AdjustBalance)
            and (event.account, event.ccy, event.delta) == (said.account, said.ccy, said.delta),
            "L11",
            event,
        )
        account = self.accounts[event.user_id]
        add(account.trading if event.account == "trading" else account.funding, event.ccy, event.delta)
        add(self.venue["outside"], event.ccy, -event.delta)
        if event.account == "trading" and event.delta < 0:
            self._spend(event.user_id, event.ccy, -event.delta)

    def _Transferred(self, event: e.Transferred) -> None:
        said = self.command
        need(isinstance(said, c.Transfer) and event.amount == said.amount, "L11", event)
        account = self.accounts[event.user_id]
        self.judge_transfer(event)
        sides = {"trading": account.trading, "funding": account.funding}
        add(sides[event.source], event.ccy, -event.amount)
        add(sides[event.target], event.ccy, event.amount)
        if event.client_id:
            account.transfer_ids[event.client_id] = self.at_ms
        if event.source == "trading":
            self._spend(event.user_id, event.ccy, event.amount)

    def _TransferredBetween(self, event: e.TransferredBetween) -> None:
        said, giver, receiver = self.command, event.giver_id, event.receiver_id
        need(isinstance(said, c.TransferBetween), "L11", event)
        asked = tuple(getattr(said, name) for name in ("user_id", "giver_id", "receiver_id", "ccy", "amount"))
        need(asked == (event.user_id, giver, receiver, event.ccy, event.amount), "L11", event)
        need(self.head(giver) == self.head(receiver) == event.main_id and giver != receiver, "U2", event)
        need(event.user_id in (giver, event.main_id), "U2", f"{event} was not theirs to ask for")
        out, into = self.accounts[giver], self.accounts[receiver]
        need(event.main_id in (event.user_id, receiver) or out.gives, "U2", f"{event} without leave")
        add(out.trading if event.source == "trading" else out.funding, event.ccy, -event.amount)
        add(into.trading if event.target == "trading" else into.funding, event.ccy, event.amount)
        if event.client_id:
            self.accounts[event.user_id].transfer_ids[event.client_id] = self.at_ms
        if event.source == "trading":
            self._spend(giver, event.ccy, event.amount)

    # ---- the market

    def _price(self, instrument: str, price: int) -> None:
        need(price > 0, "F13", f"{instrument} at {price}")
        if instrument == "USDT-USD":
            self.usdt = price
            return
        base, self.quoted[base] = instrument.split("-")
        self.recorded[base] = price
        self.own.pop(base, None)
        self.reprice(base)
        tick = self.p.instruments[instrument].tick
        self.last_price[instrument] = price // tick * tick

    def _MarketMoved(self, event: e.MarketMoved) -> None:
        for instrument, price in zip(event.instruments, event.prices, strict=True):
            self._price(instrument, price * 10 ** (18 - event.decimals))
            need(instrument not in self.by_hand, "F13", f"{instrument} is held by hand")
            self.priced_at[instrument] = self.at_ms

    def _PriceHeld(self, event: e.PriceHeld) -> None:
        self._price(event.instrument, event.price)
        self.by_hand[event.instrument] = self.at_ms
        self.priced_at.pop(event.instrument, None)

    def _BookHeld(self, event: e.BookHeld) -> None:
        pass

    def _MarketReleased(self, event: e.MarketReleased) -> None:
        held_at = self.by_hand.pop(event.instrument, None)
        if held_at is not None and event.instrument != "USDT-USD":
            self.priced_at[event.instrument] = held_at
        if event.instrument == "USDT-USD":
            self.usdt = COIN

    # ---- debts

    def _Borrowed(self, event: e.Borrowed) -> None:
        said, user, ccy = self.command, event.user_id, event.ccy
        account = self.accounts[user]
        if event.kind == "auto_borrow":
            self.lend(event)
            self.see("auto borrow happened inside an order", isinstance(said, c.PlaceOrder))
        else:
            need(isinstance(said, c.ManualBorrow) and event.amount == said.amount, "B2", event)
            add(account.exempt, ccy, event.amount)
            self.borrowed_now.add((user, ccy))
        add(account.debt, ccy, event.amount)
        self.claim(ccy, event.amount)
        add(account.trading, ccy, event.amount)
        self.pool[ccy] -= event.amount
        self.borrowed[user, ccy] = self.borrowed.get((user, ccy), 0) + event.amount
        need(event.debt_after == account.debt[ccy], "B10", event)

    def _Repaid(self, event: e.Repaid) -> None:
        user, ccy, amount = event.user_id, event.ccy, event.amount
        account, said = self.accounts[user], self.command
        debt, at_hand = self.debt(user, ccy), self.available(user, ccy)
        need(0 < amount <= min(debt, at_hand), "B3", f"{event} of {debt} with {at_hand} available")
        need(event.debt_after == debt - amount, "B3", event)
        if event.kind == "auto_repay":
            need(account.auto, "B8", f"switched off, and yet {event}")
            forced = account.closed or user in self.forced_now
            came_in = self._came_in(user, ccy) or (forced and (user, ccy) in self.bought_now)
            need(came_in, "B8", f"{ccy} neither came in nor was freed: {event}")
            need(
                amount == min(debt, self.spendable(user, ccy)), "B8", f"{event}, spendable {self.spendable(user, ccy)}"
            )
            self.see("auto repay paid part of a debt", amount < debt)
            self.see("auto repay paid a debt to exactly 0", amount == debt)
            self.auto_repaid[user, ccy] = self.auto_repaid.get((user, ccy), 0) + amount
        elif event.kind == "forced_repay":
            self.converted |= self.to_be_sold()
            forced = account.closed or bool(self.called.get(ccy)) or bool(self.converted)
            need(forced, "B2", f"nothing forces {event}")
            self.forced_now.add(user)
        elif isinstance(said, c.ManualRepay):
            need(amount == min(said.amount, debt, at_hand), "B3", f"{event} for {said}")
            self.see("repay of more than the debt was asked for", said.amount > debt)
        else:
            run = self.runs.get(user)
            need(run is not None and run.debt_ccy == ccy, "B2", f"nobody asked for {event}")
            if run is not None:
                run.done += amount
                need(run.done <= run.debt, "O2", f"{run} after {event}")
        if event.kind != "auto_repay":
            self._spend(user, ccy, amount)
        account.debt[ccy] = debt - amount
        self.claim(ccy, -amount)
        if account.debt[ccy] == 0:
            account.exempt[ccy] = 0
        add(account.trading, ccy, -amount)
        self.pool[ccy] += amount
        self.repaid[user, ccy] = self.repaid.get((user, ccy), 0) + amount

    def _interest(self, event: Any, owner: Any, debt: int, decimals: int) -> None:
        key = (owner, event.ccy)
        need(key not in self.charged, "I1", f"charged twice: {event}")
        self.charged.append(key)
        need(event.hour_ms == self.hour_ms + HOUR_MS <= self.at_ms, "I1", f"hour {event.hour_ms} after {self.hour_ms}")
        need(debt > 0, "B11", f"no debt to charge: {event}")
        rate = self.rates[event.ccy]
        need((event.debt_before, event.rate_per_year) == (debt, rate), "I4", event)
        unit = 10 ** (18 - decimals)
        exact = Fraction(debt * rate, 8760 * COIN)
        need(event.interest >= exact >= 0, "I3", event)
        need(event.interest == ceil(exact / unit) * unit, "I2", f"{event}, exactly {float(exact)}")

    def _Charge(self, event: Charge) -> None:
        if event.loan_id:
            loan = self.loans[event.loan_id]
            self._interest(event, ("loan", event.loan_id), loan.debts.get(event.ccy, 0), 8)
            add(loan.debts, event.ccy, event.interest)
            return
        user, ccy = event.user_id, event.ccy
        if not self.judge_late_charge(event):
            self._interest(event, ("user", user), self.debt(user, ccy), 16)
        self.see("debt of 1 ulp existed at an hour boundary", event.debt_before == ULP)
        run = self.runs.get(user)
        if run is not None and run.debt_ccy == ccy:
            run.charged_at_leg = run.legs
        add(self.accounts[user].debt, ccy, event.interest)
        self.interest[user, ccy] = self.interest.get((user, ccy), 0) + event.interest

    def _HourPassed(self, event: e.HourPassed) -> None:
        need(event.hour_ms == self.hour_ms + HOUR_MS, "I1", f"{event} after {self.hour_ms}")
        users = {(("user", u), ccy) for u, one in self.accounts.items() for ccy, debt in one.debt.items() if debt}
        loans = {
            (("loan", number), ccy) for number, loan in self.loans.items() for ccy, debt in loan.debts.items() if debt
        }
        owed = (users | loans) - self.charged_later()
        need(set(self.charged) == owed, "I1", f"charged {self.charged}, owed {owed}")
        self.charged.clear()
        self.hour_ms = event.hour_ms
        self.hour_began()

    # ---- orders

    def _rivals(self, order: Open, side: str) -> list[tuple[int, int, int, Open]]:
        """Resting orders of a side as (rank of price, time, id, order), best first."""
        sign = 1 if side == "sell" else -1
        return sorted(
            (sign * other.price, other.number, order_id, other)
            for order_id, other in self.orders.items()
            if other.instrument == order.instrument
            and other.side == side
            and other.kind in RESTING
            and other is not order
        )

    def _OrderPlaced(self, event: e.OrderPlaced) -> None:
        user, said = event.user_id, self.command
        base, quote = event.instrument.split("-")
        ccy = quote if event.side == "buy" else base
        at_hand = self.available(user, ccy)
        need(event.held_ccy == ccy and 0 <= event.held <= at_hand, "L4", f"{event} holds too much")
        need(event.beyond == 0 or (event.held == at_hand and self.accounts[user].borrows), "B7", event)
        need(event.order_id not in self.orders, "O9", event)
        if event.category in FORCED:
            self.forced_now.add(user)
            self.judge_forced_order(event)
        elif isinstance(said, c.PlaceOrder):
            if event.kind != "market":
                exact = Fraction(event.size * event.price, COIN) if event.side == "buy" else Fraction(event.size)
                need(event.held + event.beyond == ceil(exact), "L4", f"{event} needs another amount than {exact}")
                if event.beyond:
                    self.judge_new_order(event)
        else:
            self._leg_placed(event)
        self.placed += 1
        self.orders[event.order_id] = Open(
            user, event.instrument, event.side, event.kind, event.price, event.size, event.size_in_quote,
            ccy, event.held, self.placed, beyond=event.beyond, stp=event.stp_mode, tag=event.tag,
        )  # fmt: skip
        self.taker = event.order_id

    def _leg_placed(self, event: e.OrderPlaced) -> None:
        """A leg is immediate-or-cancel, priced at the largest tick strictly inside the bound, of own coins only."""
        run = self.runs.get(event.user_id)
        need(isinstance(self.command, c.Tick) and run is not None and event.kind == "ioc", "O4", event)
        reference, tick = self.last_price[event.instrument], self.p.instruments[event.instrument].tick
        sign = 1 if event.side == "buy" else -1
        bound = Fraction(reference * (COIN + sign * self.p.repay_bound), COIN)
        need(bound - tick <= event.price < bound, "O7", f"{event.price} is not just inside {bound}")
        if run is not None:
            self._judge_size(run, event)

    def _judge_size(self, run: Run, event: e.OrderPlaced) -> None:
        """Exactly what the rules ask for, of what remains of the request or is owed now."""
        user, owed, base = event.user_id, self.owed_now(event.user_id, run), event.instrument.split("-")[0]
        self.smaller_legs += owed < run.target
        if event.side == "buy":
            need(event.held <= run.raised, "O7", f"{event} spends more than {run.raised}")
            wanted = self.to_ask(run.debt_ccy, owed, run.gross)
        elif run.bridged:
            wanted = min(run.bridged, self.to_offer_onward(run.debt_ccy, owed, run.gross), self.available(user, base))
        else:
            target = self.to_raise(run.debt_ccy, owed, run.gross)
            wanted = min(self.to_offer(event.instrument, run.debt_ccy, target), self.available(user, base))
        need(event.size == wanted, "O7", f"{event} of {owed}, expected {wanted}")

    def _OrderFilled(self, event: e.OrderFilled) -> None:
        order, instrument = self.orders[event.order_id], self.p.instruments[event.instrument]
        user, buying = order.user, order.side == "buy"
        need(event.size > 0 and event.size % instrument.lot == 0, "O5", f"off the lot: {event}")
        need(order.price == 0 or (event.price <= order.price if buying else event.price >= order.price), "O5", event)
        need(event.maker or order.kind != "post_only", "O5", f"post only took: {event}")
        self._judge_priority(event, order)
        value = Fraction(event.size * event.price, COIN)
        turnover = ceil(value) if buying else floor(value)
        received = event.size if buying else turnover
        spent = turnover if buying else event.size
        rate = self.p.maker_fee if event.maker else self.p.taker_fee
        need(event.fee >= Fraction(received * rate, COIN), "L7", f"fee too low: {event}")
        need(event.fee == ceil(Fraction(received * rate, COIN)), "L7", f"fee too high: {event}")
        incoming = instrument.base_ccy if buying else instrument.quote_ccy
        need(event.fee_ccy == incoming, "L12", event)
        need(0 <= event.released <= order.held and 0 <= event.covered <= order.beyond, "L4", event)
        self.judge_credit(event, order, spent)
        order.held -= event.released
        order.beyond -= event.covered
        order.filled += event.size
        order.turnover += turnover
        order.received += received
        order.fee += event.fee
        account = self.accounts[user]
        add(account.trading, order.ccy, -spent)
        add(account.trading, incoming, received - event.fee)
        need(account.trading[order.ccy] >= 0, "L3", event)
        add(self.venue["market"], order.ccy, spent)
        add(self.venue["market"], incoming, -received)
        add(self.venue["fee"], incoming, event.fee)
        self._spend(user, order.ccy, spent)
        self.bought_now.add((user, incoming))
        self.last_price[event.instrument] = event.price
        self.last_fill = event
        base = event.instrument.split("-")[0]
        self.own[base] = event.price
        before = self.index.get(base)
        self.reprice(base)
        self.own_moved = self.own_moved or self.index.get(base) != before

    def _judge_priority(self, event: e.OrderFilled, order: Open) -> None:
        """Price before time, users before the house, never with oneself; both sides of a trade agree."""
        buying, last = order.side == "buy", self.last_fill
        if event.maker and event.other_order_id:
            need(
                last is not None
                and (last.trade_id, last.price, last.size, last.order_id, last.other_order_id)
                == (event.trade_id, event.price, event.size, event.other_order_id, event.order_id),
                "L1",
                f"{event} does not answer {last}",
            )
            need(event.price == order.price, "O5", f"a maker is paid his own price: {event}")
            return
        need(event.trade_id == self.last_trade + 1, "O9", f"{event} after trade {self.last_trade}")
        self.last_trade = event.trade_id
        if event.maker:
            need(event.price == order.price, "O5", f"crossed by the house at another price: {event}")
            better = [
                rank
                for rank in self._rivals(order, order.side)
                if rank[:2] < ((-1) ** buying * order.price, order.number)
            ]
            need(not better, "O5", f"{event} overtakes {better}")
            return
        rivals = self._rivals(order, "sell" if buying else "buy")
        price = event.price if buying else -event.price
        if event.other_order_id:
            need(bool(rivals) and rivals[0][2] == event.other_order_id, "O5", f"{event} overtakes {rivals[:1]}")
            need(rivals[0][3].user != order.user, "O5", f"trade with oneself: {event}")
        else:
            need(not rivals or rivals[0][0] > price, "O5", f"{event} overtakes {rivals[:1]}")

    def _OrderClosed(self, event: e.OrderClosed) -> None:
        order = self.orders.pop(event.order_id)
        if event.cause == "stp":
            self.judge_meeting(event, order)
        lot = self.p.instruments[event.instrument].lot
        need(event.released == order.held, "L4", f"{order} gives back {event.released}")
        need(
            (event.filled_size, event.filled_quote, event.fee) == (order.filled, order.turnover, order.fee), "H1", event
        )
        if order.in_quote:
            # A rest too small for a lot at the next price counts as filled; what the next price was is not known here.
            whole = order.filled > 0 and (event.state == "filled" or order.turnover == order.size)
        else:
            whole = order.filled == order.size // lot * lot
        need(event.state == ("filled" if whole else "canceled"), "O5", f"{event.state}: {order}")
        need(order.kind != "fok" or order.filled in (0, order.size), "O5", f"filled in part: {order}")
        self.see("ioc order did not fill at all", order.kind == "ioc" and not order.filled)
        self.ended = order

    # ---- one-click repay

    def _RepayStarted(self, event: e.RepayStarted) -> None:
        record, said = event.record, self.command
        user, debt_ccy = record.user_id, record.debt_ccy
        need(
            isinstance(said, c.RepayDebt) and (debt_ccy, record.repay_ccys) == (said.debt_ccy, said.repay_ccys),
            "O1",
            event,
        )
        need(user not in self.runs, "O8", event)
        debt = self.debt(user, debt_ccy)
        direct = min(debt, self.available(user, debt_ccy)) if debt_ccy in record.repay_ccys else 0
        need((record.status, record.legs, record.repaid) == ("running", (), direct), "O1", f"{event}, direct {direct}")
        need((event.debt, event.remaining) == (debt, debt - direct), "O2", event)
        run = Run(record.run_id, debt_ccy, record.repay_ccys, debt - direct, debt, direct, direct=direct)
        self.runs[user] = run

    def _RepayAdvanced(self, event: e.RepayAdvanced) -> None:
        record = event.record
        user, transit = record.user_id, self.p.transit_ccy
        run = self.runs[user]
        need(record.run_id == run.run_id and record.status == "running", "O1", event)
        legs = len(record.legs) - run.legs
        need(legs in (0, 1) and record.repaid >= run.promised, "O1", event)
        raised = run.raised
        if legs:
            self._judge_leg(run, user, record, event)
            selling, gained_in = record.legs[-1].side == "sell", record.legs[-1].instrument.split("-")[1]
            net = self.ended.received - self.ended.fee if self.ended and selling else 0
            kept = raised if selling and run.debt_ccy != transit else 0
            raised = kept + (net if gained_in == transit != run.debt_ccy else 0)
            gross = self.ended.received if self.ended and selling and gained_in == transit != run.debt_ccy else 0
            gross += run.gross if kept else 0
            need(event.raised_quote == gross, "O7", f"{event}, raised {gross} gross")
            onward = net if gained_in not in (transit, run.debt_ccy) else 0
            need(event.bridged == onward, "O7", f"{event}, {onward} to be sold on")
        else:
            need(event.bridged == 0, "O7", event)
        need(event.next_coin >= max(run.last_coin, 0), "O6", f"{event} after coin {run.last_coin}")
        if not legs and run.coins[event.next_coin - 1] == transit != run.debt_ccy:
            need(raised <= event.raised_net <= max(raised, self.available(user, transit)), "O7", event)
        else:
            need(event.raised_net == raised, "O7", f"{event}, raised {raised}")
        run.raised, run.last_coin, run.bridged = event.raised_net, event.next_coin, event.bridged
        run.gross = event.raised_quote
        self._judge_use(run, record)
        run.legs, run.promised = len(record.legs), record.repaid
        charged = legs and 0 < run.charged_at_leg < run.legs
        self.see("interest accrued between two orders of one one-click request", charged)

    def _judge_use(self, run: Run, record: e.RepayRecord) -> None:
        """A sale that brought something buys something, unless coins that follow may help or the price has moved."""
        leg, user = (record.legs or (None,))[-1], record.user_id
        if leg is None or leg.side != "sell" or not leg.fill_size or len(record.legs) == run.legs:
            return
        if run.bridged or run.debt_ccy == self.p.transit_ccy or run.debt_ccy == leg.instrument.split("-")[1]:
            return
        if self.nothing_follows(user, run, run.last_coin):
            bought = self.to_ask(run.debt_ccy, self.owed_now(user, run), run.gross)
            need(bought > 0, "O7", f"{leg} in vain: {run} with {run.gross} raised")

    def _judge_leg(self, run: Run, user: int, record: e.RepayRecord, event: e.RepayAdvanced) -> None:
        leg, order, transit = record.legs[-1], self.ended, self.p.transit_ccy
        if order is None:
            need(False, "O4", f"no order behind {leg}")
            return
        gain = record.repaid - run.promised
        lot = self.p.instruments[leg.instrument].lot
        seen = (leg.instrument, leg.side, leg.price, leg.size, leg.fill_size)
        need(
            seen == (order.instrument, order.side, order.price, order.size, order.filled), "O4", f"{leg} is not {order}"
        )
        self.judge_filled(leg, leg.size // lot * lot)
        need(leg.state == ("filled" if leg.fill_size == leg.size // lot * lot else "canceled"), "O5", leg)
        need(bool(leg.fill_price) == bool(leg.fill_size), "O4", leg)
        if leg.side == "sell" and run.bridged:
            need(leg.instrument == f"{self.p.bridge_ccy}-{transit}", "O6", f"{leg} sells nothing on")
            need(leg.size <= run.bridged, "O7", f"{leg} sells more than {run.bridged}")
        elif leg.side == "sell":
            coin = run.coins[event.next_coin if event.bridged else event.next_coin - 1]
            quote = transit if f"{coin}-{transit}" in self.p.instruments else self.p.bridge_ccy
            need(leg.instrument == f"{coin}-{quote}" and coin != run.debt_ccy, "O6", f"{leg} does not sell {coin}")
        else:
            need(leg.instrument == f"{run.debt_ccy}-{transit}", "O6", leg)
            need(order.turnover <= run.raised, "O7", f"{order} spends more than {run.raised}")
        pays = leg.side == "buy" or run.debt_ccy == leg.instrument.split("-")[1]
        net = order.received - order.fee
        expected = min(net, run.target, self.debt(user, run.debt_ccy)) if pays else 0
        need(gain == expected, "O3", f"{gain} repaid by {leg}, expected {expected}")
        run.target -= gain

    def _RepayEnded(self, event: e.RepayEnded) -> None:
        record = event.record
        run = self.runs.pop(record.user_id)
        need(run.done == run.promised == record.repaid, "O3", f"{event}, {run}")
        need(record.status == ("filled" if record.repaid else "failed"), "O1", event)
        sold = {leg.instrument for leg in record.legs if leg.side == "sell" and leg.fill_size}
        self.see("one-click used the debt currency alone, without orders", record.repaid and not record.legs)
        self.see("one-click used three currencies", len(sold) + bool(run.direct) >= 3)
        partly = any(leg.fill_size and leg.state == "canceled" for leg in record.legs)
        self.see("one-click ended failed after a partial fill", partly and record.status == "failed")

    # ---- loans

    def _expected_loan_rows(self) -> list[tuple[str, str, int]]:
        """The rows of the loan history a command must write, in order."""
        said = self.command
        if getattr(said, "settles_later", False) and self.settlement_delay_ms():
            return []
        if isinstance(said, c.BorrowLoan):
            rows = [("collateral_locked", ccy, -size) for ccy, size in said.collateral]
            return [*rows, ("borrowed", said.ccy, said.amount)]
        if isinstance(said, c.AdjustCollateral):
            kind = "collateral_locked" if said.add else "collateral_released"
            return [(kind, said.ccy, -said.amount if said.add else said.amount)]
        if isinstance(said, c.RepayLoan):
            loan = self.loans[said.loan_id]
            paid = min(said.amount, loan.debts[said.ccy])
            rows = [("repaid", said.ccy, -paid)]
            if paid == sum(clean(loan.debts).values()):
                rows += [("collateral_released", ccy, size) for ccy, size in sorted(loan.locked.items()) if size]
            return rows
        return []

    def _reference(self, ref_id: int) -> None:
        need(ref_id > self.last_ref, "F10", f"{ref_id} after {self.last_ref}")
        self.last_ref = ref_id

    def _LoanOpened(self, event: e.LoanOpened) -> None:
        said = self.command
        need(isinstance(said, c.BorrowLoan) and said.loan_id == 0, "F10", f"{said} opens {event}")
        if event.loan_id not in self.reserved:
            self.give_number(event.loan_id)
        self.loans[event.loan_id] = Lent(event.user_id, event.e_mode)

    def _LoanMoved(self, event: e.LoanMoved) -> None:
        self._reference(event.ref_id)
        self.loan_rows.append((event.kind, event.ccy, event.amount))
        loan, ccy, amount = self.loans[event.loan_id], event.ccy, event.amount
        need(loan.user == event.user_id, "L12", event)
        inwards = event.kind in ("borrowed", "collateral_released", "forced_repayment_buy", HOPS[0], HOPS[2])
        need(amount > 0 if inwards else amount < 0, "F9", f"wrong sign: {event}")
        if event.kind in HOPS:
            add(self.transit.setdefault(event.loan_id, {}), ccy, amount)
            add(self.venue["market"], ccy, -amount)
            self.sides[event.ref_id] = ""
        elif event.kind in ("borrowed", "repaid"):
            own = self.accounts[event.user_id].funding
            add(own if event.source == "funding" else self.transit[event.loan_id], ccy, amount)
            self.pool[ccy] -= amount
            add(loan.debts, ccy, amount)
            self.claim(ccy, amount)
            self.sides[event.ref_id] = "owed"
        elif event.kind.startswith("collateral"):
            add(self.accounts[event.user_id].funding, ccy, amount)
            add(loan.locked, ccy, -amount)
            self.sides[event.ref_id] = "locked"
        else:
            self._forced(event, loan)
        need(loan.locked.get(ccy, 0) >= 0 and loan.debts.get(ccy, 0) >= 0, "F6", event)
        need(self.accounts[event.user_id].funding.get(ccy, 0) >= 0, "L3", event)

    def _forced(self, event: e.LoanMoved, loan: Lent) -> None:
        """Sold collateral goes to the market; bought loan coins come from there and pay the pool."""
        ccy, size = event.ccy, abs(event.amount)
        if event.kind in LIQUIDATIONS and event.loan_id not in self.seized:
            ltv, (_, line) = self.ltv(loan), self.lines(loan)
            need(ltv is not None and ltv > line - CLOSE, "F3", f"{event} at LTV {ltv}, line {line}")
            self.see("LTV equal to liqLTV exactly", ltv == line)
            self._judge_turn(event)
            half = event.kind == "partial_liquidation"
            fee = Fraction(self.p.loan_liquidation_fee, COIN)
            need(not half or ltv is None or ltv < 1 - fee + CLOSE, "F4", f"{event} at LTV {ltv}")
            self.seized[event.loan_id] = self.gross[event.loan_id] = Fraction(0)
        if event.kind == "partial_liquidation" and loan.locked.get(ccy):
            if event.loan_id not in self.partial_sales:
                self.partial_sales[event.loan_id] = PartialSale(self.p, self.usd, loan)
            self.partial_sales[event.loan_id].sell(ccy, size)
        if event.kind in SALES or (event.kind in LIQUIDATIONS and loan.locked.get(ccy)):
            add(loan.locked, ccy, -size)
            add(self.venue["market"], ccy, size)
            self.sides[event.ref_id] = "sold"
        else:
            add(loan.debts, ccy, -size)
            self.claim(ccy, -size)
            add(self.venue["market"], ccy, -size)
            self.pool[ccy] += size
            self.sides[event.ref_id] = "retired"
        if event.kind in LIQUIDATIONS and self.sides[event.ref_id] == "sold":
            self.gross[event.loan_id] += self.usd(ccy, size)
        if event.kind == "forced_liquidation":
            self.closed_out.add(event.loan_id)
        if event.kind in LIQUIDATIONS:
            self.seized[event.loan_id] += self.usd(ccy, size if self.sides[event.ref_id] == "sold" else -size)

    def _judge_turn(self, event: e.LoanMoved) -> None:
        """F14: of all loans at or above their line the highest LTV goes first, then the older one."""
        standing = {number: self.ltv(loan) for number, loan in self.loans.items() if number not in self.seized}
        for number, ltv in standing.items():
            loan, mine = self.loans[number], standing[event.loan_id]
            if number == event.loan_id or ltv is None or mine is None or ltv < self.lines(loan)[1] + CLOSE:
                continue
            same = (clean(loan.debts), clean(loan.locked)) == (
                clean(self.loans[event.loan_id].debts),
                clean(self.loans[event.loan_id].locked),
            )
            need(ltv < mine + CLOSE, "F14", f"loan {event.loan_id} at {mine} before loan {number} at {ltv}")
            need(not same or event.loan_id < number, "F14", f"loan {event.loan_id} before the older {number}")

    def _LoanSettled(self, event: e.LoanSettled) -> None:
        parts = {"fee": event.fee, "insurance": event.insurance, "bad_debt": event.bad_debt}
        for account, amount in parts.items():
            add(self.venue[account], event.ccy, amount)
        add(self.accounts[event.user_id].funding, event.ccy, event.returned)
        add(self.venue["market"], event.ccy, -sum(parts.values()) - event.returned)
        need(self.venue["insurance"].get(event.ccy, 0) >= 0 >= event.bad_debt and event.returned >= 0, "L3", event)
        need(event.bad_debt == 0 or self.venue["insurance"].get(event.ccy, 0) == 0, "F6", event)
        self.see("full liquidation with bad debt", event.bad_debt and event.loan_id in self.closed_out)
        if event.loan_id in self.partial_sales:
            sale = self.partial_sales.pop(event.loan_id)
            sale.end()
            self.sold_over = max(self.sold_over, len(sale.coins))
        if event.loan_id in self.seized:
            self.settled[event.loan_id] = self.settled.get(event.loan_id, 0) + event.insurance + event.bad_debt

    def _LoanConverted(self, event: e.LoanConverted) -> None:
        add(self.venue["market"], event.ccy, -event.fee)
        add(self.venue["fee"], event.ccy, event.fee)
        add(self.transit.setdefault(event.loan_id, {}), event.ccy, -event.returned)
        add(self.accounts[event.user_id].funding, event.ccy, event.returned)
        need(event.fee >= 0 and event.returned >= 0, "L3", event)

    def _LoanWarned(self, event: e.LoanWarned) -> None:
        loan = self.loans[event.loan_id]
        ltv, (margin_call, line) = self.ltv(loan), self.lines(loan)
        need(ltv is not None and margin_call - CLOSE < ltv < line + CLOSE, "F3", f"{event} at LTV {ltv}")
        need(self.within(loan.debts, loan.locked, loan.e_mode) is not True, "F3", f"{event} within the initial LTV")
        self.see("LTV equal to marginCallLTV exactly", ltv == margin_call)
        since = self.at_ms - loan.warned_at_ms
        need(not loan.warned_at_ms or since >= self.p.loan_warning_every_ms, "F3", f"{event} after {since} ms")
        loan.warned_at_ms = self.at_ms

    def _PoolMoved(self, event: e.PoolMoved) -> None:
        self.pool[event.ccy] += event.delta
        self.called[event.ccy] = event.redemption
        add(self.venue["outside"], event.ccy, -event.delta)
        need(self.pool[event.ccy] >= 0, "B5", event)

    def _judge_liquidations(self, events: list[Any]) -> None:
        """Nobody stays above the line, nobody is sold for more than the books say."""
        for loan_id, value in self.seized.items():
            kept = self.usd(self.p.transit_ccy, self.settled.get(loan_id, 0))
            need(abs(kept - value) < 10**6, "F5", f"loan {loan_id}: seized {value} more than retired, kept {kept}")
            fee = Fraction(self.p.loan_liquidation_fee, COIN) * self.gross[loan_id]
            self.see("full liquidation with surplus", loan_id in self.closed_out and value > fee > 0)
            self.see("partial liquidation restored a loan", loan_id in self.loans and loan_id not in self.closed_out)
        by_price = isinstance(self.command, c.MoveMarket | c.SetPrices)
        self.see("two loans liquidated at the same price update", by_price and len(self.seized) > 1)
        reviewed = self._reviewed(events)
        for loan_id, loan in self.loans.items():
            ltv = self.ltv(loan) if reviewed or loan_id in self.seized else None
            if ltv is not None:
                need(ltv < self.lines(loan)[1] + CLOSE, "F4", f"loan {loan_id} stays at LTV {ltv}")
        need(not any(clean(amounts) for amounts in self.transit.values()), "L2", f"left in transit: {self.transit}")

    def _LoanClosed(self, event: e.LoanClosed) -> None:
        loan = self.loans.pop(event.loan_id)
        need(not any(loan.debts.values()) and not any(loan.locked.values()), "F6", loan)

    # ---- convert

    def _QuoteGiven(self, event: e.QuoteGiven) -> None:
        said = self.command
        if not isinstance(said, c.AskQuote):
            need(False, "C1", f"nobody asked for {event}")
            return
        price = self._quote_price(said.base_ccy, said.quote_ccy, said.side)
        exact = self.usd(said.base_ccy, COIN) / self.usd(said.quote_ccy, COIN) * COIN
        edge = (event.price - exact) * (1 if said.side == "buy" else -1)
        need(edge > 0 or (edge == 0 and not desk_spread(self.p, said.base_ccy, said.quote_ccy)), "L7", event)
        need(event.price == price, "C3", f"{event.price}, by the index {price}")
        sizes = self.counter(said.side, price, said.size, said.size_ccy == said.quote_ccy)
        need((event.base_size, event.quote_size) == sizes, "C3", f"{event}, expected {sizes}")
        need(event.expires_at_ms == self.at_ms + self.p.convert_ttl_ms, "C1", event)
        need(event.quote_id not in self.quotes, "C2", event)
        self.quotes[event.quote_id] = event

    def _QuoteTraded(self, event: e.QuoteTraded) -> None:
        said, given = self.command, self.quotes[event.quote_id]
        need(event.quote_id not in self.traded, "C2", event)
        need(self.at_ms <= given.expires_at_ms, "C1", f"{event} at {self.at_ms}, {given}")
        seen = (event.user_id, event.base_ccy, event.quote_ccy, event.side, event.price)
        need(seen == (given.user_id, given.base_ccy, given.quote_ccy, given.side, given.price), "C1", event)
        size = getattr(said, "size", 0)
        sizes = self.counter(given.side, given.price, size, given.size_ccy == given.quote_ccy)
        refused = "convert-rejected" in self.fired
        need((event.base_size, event.quote_size) == ((0, 0) if refused else sizes), "C3", f"{event}, expected {sizes}")
        need(event.state == ("rejected" if refused else "fullyFilled"), "C4", event)
        self.traded.add(event.quote_id)
        account, sign = self.accounts[event.user_id], 1 if event.side == "buy" else -1
        if event.client_trade_id:
            account.trade_ids[event.client_trade_id] = self.at_ms
        for ccy, delta in ((event.base_ccy, sign * event.base_size), (event.quote_ccy, -sign * event.quote_size)):
            add(account.trading, ccy, delta)
            need(account.trading[ccy] >= 0, "L3", event)
            add(self.venue["desk"], ccy, -delta)
            if delta < 0:
                self._spend(event.user_id, ccy, -delta)

    def _QuotesExpired(self, event: e.QuotesExpired) -> None:
        for quote_id in event.quote_ids:
            need(
                self.at_ms >= self.quotes.pop(quote_id).expires_at_ms + HOUR_MS, "C1", f"forgotten too soon: {quote_id}"
            )

    # ---- the whole

    def compare(self, state: State) -> None:
        """Every balance of the engine against ours."""
        ours: dict[str, Amounts] = {"pool": self.pool, **self.venue}
        owed: Amounts = {}
        for user, account in self.accounts.items():
            ours[f"trading:{user}"] = account.trading
            ours[f"funding:{user}"] = account.funding
            ours[f"debt:{user}"] = {ccy: -amount for ccy, amount in account.debt.items()}
            for ccy, amount in account.debt.items():
                add(owed, ccy, amount)
            theirs = {ccy: amount for ccy, amount in state.users[user].exempt.items() if amount}
            need(theirs == clean(account.exempt), "B8", f"exempt of user {user}: {theirs}, expected {account.exempt}")
            held = {ccy: self.frozen(user, ccy) for ccy in account.trading}
            need(
                state.users[user].frozen == clean(held),
                "L4",
                f"frozen of user {user}: {state.users[user].frozen}, {held}",
            )
        for loan_id, loan in self.loans.items():
            ours[f"vault:{loan_id}"] = loan.locked
            ours[f"loan:{loan_id}"] = {ccy: -amount for ccy, amount in loan.debts.items()}
            for ccy, amount in loan.debts.items():
                add(owed, ccy, amount)
            need(state.loans[loan_id].booked == clean(loan.debts), "F7", f"loan {loan_id}")
            need(state.loans[loan_id].collateral == clean(loan.locked), "F7", f"loan {loan_id}")
        ours["owed"] = owed
        theirs_by_account = {account: clean(amounts) for account, amounts in state.ledger.items() if clean(amounts)}
        ours_by_account = {account: clean(amounts) for account, amounts in ours.items() if clean(amounts)}
        accounts = theirs_by_account.keys() | ours_by_account.keys()
        for name in sorted(accounts, key=lambda name: (name.partition(":")[0] not in IDENTIFIER, name)):
            booked, mine = theirs_by_account.get(name), ours_by_account.get(name)
            need(booked == mine, IDENTIFIER.get(name.partition(":")[0], "L2"), f"{name}: {booked}, expected {mine}")
        for ccy, index in self.index.items():
            found = state.markets[f"{ccy}-{self.quoted[ccy]}"].index
            need(
                found == index,
                "F13",
                f"index of {ccy} is {found}, expected {index} with {self.p.index_own_share} of own",
            )
        need(set(state.orders) == set(self.orders), "O4", "open orders")
        timers = {(user, tag): at_ms for user, tags in state.cancel_timers.items() for tag, at_ms in tags.items()}
        need(timers == self.timers, "O4", f"timers {timers}, expected {self.timers}")
        need(set(state.runs) == set(self.runs), "O8", "runs")
        need(set(state.quotes) == set(self.quotes), "C2", "quotes")


IDENTIFIER = {
    "insurance": "F5",
    "bad_debt": "F6",
    "debt": "B2",
    "pool": "B5",
    "owed": "B1",
    "vault": "F7",
    "loan": "F9",
    "fee": "L7",
    "desk": "C4",
}
"""Which invariant an account that differs breaks."""
