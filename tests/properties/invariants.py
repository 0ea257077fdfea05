"""Invariants of one step, each under its identifier: on what an event touched, on the state, on the rows it wrote.

A step is one accepted command. Its events are applied one by one to a copy of the state, so that each
is judged alone. What needs a model of the rules is judged by the shadow instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile
from typing import Any

from tallystick.engine import commands as c
from tallystick.engine import core, flexible_loan
from tallystick.engine import events as e
from tallystick.engine.amounts import atoms_from_text, text_from_atoms
from tallystick.engine.fault_events import InterestBooked
from tallystick.engine.interest import Charge
from tallystick.engine.state import State
from tallystick.store.api import HistoryRow
from tests.engine.standings import Line, allowed
from tests.properties.oracle import COIN, Broken, need
from tests.properties.shadow import Shadow

Ledger = dict[str, dict[str, int]]


@dataclass
class Effect:
    """What one event did to balances, holds and settings."""

    event: Any
    ledger: dict[tuple[str, str], int]
    """(account, currency) -> change."""
    users: set[int]
    """Users whose record is another one now."""
    standings: set[Line]
    """(before, what happened, after) of trading accounts that stand otherwise now."""


@dataclass
class Step:
    stamp: core.Stamp
    command: c.Command
    events: list[Any]
    effects: list[Effect]
    before_seq: int
    before_at_ms: int
    sound_before: dict[int, bool | None]
    state: State
    replayed: State
    shadow: Shadow
    rows: list[HistoryRow]


CHECKS: dict[str, list[Callable[[Step], None]]] = {}


def check(identifier: str) -> Callable[[Callable[[Step], None]], Callable[[Step], None]]:
    def register(function: Callable[[Step], None]) -> Callable[[Step], None]:
        CHECKS.setdefault(identifier, []).append(function)
        return function

    return register


def check_step(step: Step) -> None:
    for checks in CHECKS.values():
        for function in checks:
            function(step)


def balances(state: State) -> Iterator[tuple[str, str, int]]:
    for account, amounts in state.ledger.items():
        for ccy, amount in amounts.items():
            yield account, ccy, amount


# ---- ledger


@check("L1")
def every_event_posts_to_zero(step: Step) -> None:
    for effect in step.effects:
        sums: dict[str, int] = {}
        for (_, ccy), delta in effect.ledger.items():
            sums[ccy] = sums.get(ccy, 0) + delta
        need(not any(sums.values()), "L1", f"{effect.event} posts {sums}")


@check("L2")
def every_currency_sums_to_zero(step: Step) -> None:
    sums: dict[str, int] = {}
    for _, ccy, amount in balances(step.state):
        sums[ccy] = sums.get(ccy, 0) + amount
    need(not any(sums.values()), "L2", sums)


@check("L3")
def nothing_is_below_zero(step: Step) -> None:
    for account, ccy, amount in balances(step.state):
        kind = account.partition(":")[0]
        if kind in ("debt", "loan"):
            need(amount <= 0, "L3", f"{account} {ccy} {amount}")
        elif kind not in ("market", "desk", "outside", "bad_debt"):
            need(amount >= 0, "L3", f"{account} {ccy} {amount}")
    for user in step.state.users.values():
        for ccy, amount in user.frozen.items():
            cash = step.state.ledger.get(f"trading:{user.user_id}", {}).get(ccy, 0)
            need(0 <= amount <= cash, "L3", f"user {user.user_id} has {amount} of {cash} {ccy} frozen")


@check("L4")
def frozen_is_what_orders_hold(step: Step) -> None:
    held: dict[tuple[int, str], int] = {}
    for order in step.state.orders.values():
        held[order.user_id, order.held_ccy] = held.get((order.user_id, order.held_ccy), 0) + order.held
    frozen = {(user.user_id, ccy): amount for user in step.state.users.values() for ccy, amount in user.frozen.items()}
    need(frozen == {key: amount for key, amount in held.items() if amount}, "L4", f"{frozen}, held {held}")


def numbers_in(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple | list):
        for item in value:
            yield from numbers_in(item)
    elif hasattr(value, "__struct_fields__"):
        for name in value.__struct_fields__:
            yield from numbers_in(getattr(value, name))
    elif not isinstance(value, str | bool):
        yield value


@check("L5")
def amounts_are_whole_and_in_range(step: Step) -> None:
    for event in step.events:
        for number in numbers_in(event):
            need(type(number) is int and abs(number) < 10**38, "L5", f"{number!r} in {event}")
    for account, ccy, amount in balances(step.state):
        need(type(amount) is int and abs(amount) < 10**38, "L5", f"{account} {ccy} {amount!r}")
        text = text_from_atoms(amount)
        need(text != "-0" and atoms_from_text(text.lstrip("-")) == abs(amount), "L5", text)


@check("L9")
def numbers_and_times_go_forwards(step: Step) -> None:
    need(step.stamp.seq == step.before_seq + 1 == step.state.seq, "L9", f"{step.stamp} after {step.before_seq}")
    need(step.stamp.at_ms >= step.before_at_ms and step.state.at_ms == step.stamp.at_ms, "L9", step.stamp)
    need(step.state.hour_ms <= step.stamp.at_ms, "I6", step.state.hour_ms)


@check("L10")
def events_alone_give_the_same_state(step: Step) -> None:
    need(core.encode_state(step.replayed) == core.encode_state(step.state), "L10", step.command)


VENUE = {"pool", "owed", "fee", "market", "desk", "outside", "insurance", "bad_debt"}


def named(event: Any) -> tuple[set[int], set[str]]:
    """(users, currencies) an event names."""
    record = getattr(event, "record", event)
    names = ("user_id", "giver_id", "receiver_id", "master_id")
    users = {getattr(record, name) for name in names if hasattr(record, name)} | set(getattr(event, "sub_ids", ()))
    coins = {
        getattr(event, name)
        for name in ("ccy", "base_ccy", "quote_ccy", "held_ccy", "transit_ccy", "source_ccy", "target_ccy")
        if hasattr(event, name)
    } | {*getattr(event, "ccys", ()), *(coin.ccy for coin in getattr(event, "currencies", ()))}
    if hasattr(event, "instrument"):
        coins |= set(event.instrument.split("-"))
    return users, coins


def charges_of(step: Step) -> list[Charge]:
    """Interest of the hour that passed in this step."""
    return [event for event in step.events if isinstance(event, Charge)]


@check("L12")
def an_event_changes_only_what_it_names(step: Step) -> None:
    for effect in step.effects:
        if isinstance(effect.event, e.HourPassed):
            continue
        users, coins = named(effect.event)
        for account, ccy in effect.ledger:
            kind, _, owner = account.partition(":")
            mine = kind in VENUE or kind in ("vault", "loan", "transit") or int(owner) in users
            need(mine and ccy in coins, "L12", f"{effect.event} moves {account} {ccy}")
        need(effect.users <= users, "L12", f"{effect.event} changes users {effect.users}")


@check("U1")
def main_and_sub_accounts_know_each_other(step: Step) -> None:
    subs = {(user.master_id, user.user_id) for user in step.state.users.values() if user.master_id}
    named = [(user.user_id, sub) for user in step.state.users.values() for sub in user.sub_ids]
    need(sorted(subs) == sorted(named), "U1", f"{subs}, named {named}")
    need(not {main for main, _ in subs} & {sub for _, sub in subs}, "U1", f"a sub-account of a sub-account: {subs}")


@check("B4")
def nobody_borrows_beyond_the_quota_of_the_family(step: Step) -> None:
    """Judged where something was borrowed: a quota cut afterwards leaves debts alone."""
    for event in step.events:
        if isinstance(event, e.Borrowed):
            quota = step.shadow.quota(event.user_id, event.ccy)
            head = step.shadow.head(event.user_id)
            members = [user for user in step.state.users if step.shadow.head(user) == head]
            owed = -sum(step.state.ledger.get(f"debt:{user}", {}).get(event.ccy, 0) for user in members)
            need(owed <= quota, "B4", f"{event}: {owed} of {quota}")


# ---- debts


@check("B1")
def claims_are_what_is_owed(step: Step) -> None:
    owed: dict[str, int] = {}
    for account, ccy, amount in balances(step.state):
        if account.startswith(("debt:", "loan:")):
            owed[ccy] = owed.get(ccy, 0) - amount
    claims = step.state.ledger.get("owed", {})
    need({ccy: amount for ccy, amount in owed.items() if amount} == claims, "B1", f"owed {owed}, claims {claims}")


@check("B2")
def debts_move_only_by_their_own_events(step: Step) -> None:
    allowed = {
        "debt": (e.Borrowed, e.Repaid, e.HourPassed, e.DebtCovered, InterestBooked),
        "loan": (e.LoanMoved, e.HourPassed),
    }
    for effect in step.effects:
        for account, _ in effect.ledger:
            kinds = allowed.get(account.partition(":")[0])
            need(kinds is None or isinstance(effect.event, kinds), "B2", f"{effect.event} moves {account}")


@check("B3")
def a_repayment_lowers_cash_and_debt_alike(step: Step) -> None:
    for effect in step.effects:
        event = effect.event
        if isinstance(event, e.Repaid):
            cash = effect.ledger.get((f"trading:{event.user_id}", event.ccy), 0)
            debt = effect.ledger.get((f"debt:{event.user_id}", event.ccy), 0)
            pool = effect.ledger.get(("pool", event.ccy), 0)
            need((cash, debt, pool) == (-event.amount, event.amount, event.amount), "B3", f"{event}: {effect.ledger}")


@check("B9")
def a_switch_moves_no_money(step: Step) -> None:
    for effect in step.effects:
        if isinstance(effect.event, e.AutoRepaySwitched | e.SpotBorrowSwitched):
            need(not effect.ledger, "B9", f"{effect.event} moves {effect.ledger}")


@check("I3")
def what_debtors_owe_more_the_pool_may_claim(step: Step) -> None:
    expected: dict[tuple[str, str], int] = {}
    for charge in charges_of(step):
        need(charge.interest >= 0, "I3", charge)
        debtor = f"loan:{charge.loan_id}" if charge.loan_id else f"debt:{charge.user_id}"
        for account, delta in ((debtor, -charge.interest), ("owed", charge.interest)):
            expected[account, charge.ccy] = expected.get((account, charge.ccy), 0) + delta
    for effect in step.effects:
        if isinstance(effect.event, e.HourPassed):
            need(effect.ledger == expected, "I3", f"an hour moved {effect.ledger}, charged is {expected}")


LINES = allowed()


@check("B6")
def accounts_stand_as_the_table_says(step: Step) -> None:
    """Nobody is frozen who was not warned, and nobody is free who did not repay."""
    for effect in step.effects:
        need(effect.standings <= LINES, "B6", f"{effect.standings - LINES} by {effect.event}")


PRICES_MAY_MOVE = (c.MoveMarket, c.SetPrices, c.ReleaseMarket, c.ChangeParameters)


@check("F2")
def no_command_makes_a_sound_account_unsound(step: Step) -> None:
    """Only prices, numbers and interest may. A market that last traded far from its index is no measure: set aside."""
    charged = any(isinstance(event, e.HourPassed | InterestBooked) for event in step.events)
    moved = isinstance(step.command, PRICES_MAY_MOVE) or step.shadow.own_moved
    if moved or charged or far_from_index(step.state):
        return
    for user, sound in step.sound_before.items():
        need(not sound or step.shadow.sound(user) is not False, "F2", f"user {user} after {step.command}")


def far_from_index(state: State) -> bool:
    return any(
        abs(market.last - market.index) * 50 > market.index
        for name, market in state.markets.items()
        if name in state.parameters.instruments
    )


# ---- loans


DUST = COIN // 10**3
"""Below a tenth of a cent the cut of a value to the atom shows in four decimals of a ratio."""


@check("F1")
def thresholds_follow_from_one_set_of_prices(step: Step) -> None:
    for loan in step.state.loans.values():
        value = sum(step.shadow.usd(ccy, amount) for ccy, amount in loan.collateral.items())
        owed = sum(step.shadow.usd(ccy, amount) for ccy, amount in loan.booked.items())
        counted = sum(step.shadow.worth(ccy, amount) for ccy, amount in loan.collateral.items())
        if value < DUST or step.shadow.usdt != COIN or loan.e_mode:
            continue
        initial, margin_call, liquidation = flexible_loan.thresholds(step.state, loan)
        parameters = step.state.parameters
        for found, exact in (
            (flexible_loan.plain_standing(step.state, loan).ltv, Fraction(owed) / value),
            (initial, Fraction(counted) / value * COIN / parameters.loan_initial),
            (liquidation, Fraction(counted) / value * COIN / parameters.loan_liquidation),
        ):
            # Values are rounded to the atom first, so a quotient right at a 4th decimal may fall to either side.
            hair = Fraction(1, 10**12)
            need(-hair <= exact - Fraction(found, COIN) <= Fraction(1, 10**4) + hair, "F1", loan)
        need(0 < margin_call < liquidation <= COIN, "F1", f"{loan}: {margin_call}, {liquidation}")


@check("F6")
def no_open_loan_is_empty(step: Step) -> None:
    for loan in step.state.loans.values():
        for amounts in (loan.booked, loan.collateral):
            need(bool(amounts) and all(amount > 0 for amount in amounts.values()), "F6", loan)


@check("F7")
def vaults_hold_what_loans_lock(step: Step) -> None:
    vaults = {account: amounts for account, amounts in step.state.ledger.items() if account.startswith("vault:")}
    locked = {f"vault:{loan.loan_id}": loan.collateral for loan in step.state.loans.values() if loan.collateral}
    need({name: amounts for name, amounts in vaults.items() if amounts} == locked, "F7", f"{vaults}, locked {locked}")


@check("F8")
def no_loan_pledges_what_it_owes(step: Step) -> None:
    for loan in step.state.loans.values():
        need(not loan.booked.keys() & loan.collateral.keys(), "F8", loan)


# ---- convert


@check("C4")
def a_conversion_is_two_legs(step: Step) -> None:
    for effect in step.effects:
        event = effect.event
        if isinstance(event, e.QuoteTraded):
            sign = 1 if event.side == "buy" else -1
            base, quote, user = sign * event.base_size, sign * event.quote_size, f"trading:{event.user_id}"
            legs = {
                (user, event.base_ccy): base,
                ("desk", event.base_ccy): -base,
                (user, event.quote_ccy): -quote,
                ("desk", event.quote_ccy): quote,
            }
            expected = {} if event.state == "rejected" else legs
            need(effect.ledger == expected, "C4", f"{event}: {effect.ledger}")


# ---- histories

TABLES: dict[type, str] = {
    e.Borrowed: "spot_borrow_repay",
    e.Repaid: "spot_borrow_repay",
    e.DebtCovered: "spot_borrow_repay",
    e.LoanMoved: "loan_history",
    e.QuoteTraded: "convert",
    e.OrderFilled: "fill",
    e.OrderClosed: "order",
    e.RepayStarted: "one_click_repay",
    e.RepayAdvanced: "one_click_repay",
    e.RepayEnded: "one_click_repay",
}


def table_of(event: Any) -> str:
    """Where an event must leave a row; "" where nowhere."""
    if isinstance(event, Charge):
        return "loan_interest" if event.loan_id else "spot_interest"
    return TABLES.get(type(event), "")


@check("H1")
def each_event_stands_in_its_history_and_no_other(step: Step) -> None:
    events = [event for event in step.events if table_of(event)]
    rows = [row for row in step.rows if row.table in (*TABLES.values(), "loan_interest", "spot_interest")]
    need([row.table for row in rows] == [table_of(event) for event in events], "H1", step.rows)
    apart = ("_bills", "trades", "lending_rates")
    others = [row for row in step.rows if row not in rows and not row.table.endswith(apart)]
    need(len(others) <= len(step.events) - len(events), "H1", f"rows without an event: {others}")
    for event, row in zip(events, rows, strict=True):
        body = json.loads(row.body)
        record = getattr(event, "record", event)
        need(row.user_id == record.user_id, "H1", row)
        for name, expected in shown(event, step.stamp).items():
            need(body[name] == expected, "H1", f"{name} {body[name]!r} in {row}, expected {expected!r}")


@check("H1")
def each_match_is_one_public_trade(step: Step) -> None:
    """Two fills of one match share its number; a fill against the house has one of its own."""
    fills = {event.trade_id: event for event in step.events if isinstance(event, e.OrderFilled)}
    rows = {row.key: json.loads(row.body) for row in step.rows if row.table == "trades"}
    need(len(rows) == sum(row.table == "trades" for row in step.rows), "H1", f"one number twice: {rows}")
    need(rows.keys() == fills.keys(), "H1", f"matches {sorted(fills)}, trades {sorted(rows)}")
    for number, fill in fills.items():
        said = (rows[number]["instId"], rows[number]["sz"], rows[number]["px"])
        need(said == (fill.instrument, plain(fill.size), plain(fill.price)), "H1", f"{fill}, the trade is {said}")


@check("H1")
def each_hour_tells_the_rate_of_each_pool(step: Step) -> None:
    """Of an hour that begins, and of the one the venue began in."""
    hours = [event.hour_ms for event in step.events if isinstance(event, e.HourPassed)]
    if step.stamp.seq == 1:
        hours.insert(0, step.state.hour_ms)
    rows = [row for row in step.rows if row.table == "lending_rates"]
    expected = {(hour_ms, ccy): rate for hour_ms in hours for ccy, rate in step.shadow.rates.items()}
    need(len(hours) < 2 and {(row.key, row.a) for row in rows} == expected.keys(), "H1", f"{rows} of {hours}")
    need(len(rows) == len(expected), "H1", f"twice: {rows}")
    for row in rows:
        body, rate = json.loads(row.body), expected[row.key, row.a]
        need(body["rate"] == plain(rate // 100 * 100) and body["ts"] == str(row.key), "H1", f"{body}, it is {rate}")
        need(0 <= Fraction(body["lendingRate"]) <= Fraction(rate, COIN), "H1", body)


@check("H8")
def each_fill_bears_the_number_of_a_bill_of_its_own(step: Step) -> None:
    bills = {(row.user_id, row.key): json.loads(row.body) for row in step.rows if row.table == "account_bills"}
    fills = [row for row in step.rows if row.table == "fill"]
    need(len({row.key for row in fills}) == len(fills), "H8", fills)
    for row in fills:
        fill, bill = json.loads(row.body), bills.get((row.user_id, row.key), {})
        seen = (fill["billId"], fill["feeCcy"], fill["fee"], fill["tradeId"])
        said = tuple(bill.get(name) for name in ("billId", "ccy", "fee", "tradeId"))
        need(seen == said, "H8", f"{fill}, the bill is {bill}")


def plain(amount: int) -> str:
    """Decimal text, made without the package: from the exact fraction's own digits."""
    whole, rest = divmod(abs(amount), COIN)
    digits = str(rest).zfill(18).rstrip("0")
    return ("-" if amount < 0 else "") + str(whole) + (f".{digits}" if digits else "")


def shown(event: Any, stamp: core.Stamp) -> dict[str, str]:
    """What the row of an event must say, as far as it is money or time."""
    second = stamp.at_ms // 1000 * 1000
    if isinstance(event, e.Borrowed | e.Repaid):
        after = plain(event.debt_after)
        return {
            "ccy": event.ccy,
            "type": {"forced_repay": "auto_repay", "one_click_repay": "manual_repay"}.get(event.kind, event.kind),
            "amt": plain(event.amount),
            "accBorrowed": after,
            "ts": str(stamp.at_ms),
        }
    if isinstance(event, e.OrderFilled):
        size, price, fee = plain(event.size), plain(event.price), plain(-event.fee)
        number, when = str(event.order_id), str(stamp.at_ms)
        return {"ordId": number, "fillSz": size, "fillPx": price, "fee": fee, "fillTime": when, "side": event.side}
    if isinstance(event, e.DebtCovered):
        return {"ccy": event.ccy, "type": "auto_repay", "amt": plain(event.amount), "accBorrowed": "0"}
    if isinstance(event, e.LoanMoved):
        amount = plain(event.amount)
        return {"ccy": event.ccy, "type": event.kind, "amt": amount, "refId": str(event.ref_id), "ts": str(second)}
    if isinstance(event, Charge):
        figures = {"ccy": event.ccy, "interest": plain(event.interest), "ts": str(event.hour_ms)}
        if not event.loan_id:
            return {"liab": plain(event.debt_before), **figures}
        loan = {"refId": str(event.number), "interestRate": plain(event.rate_per_year)}
        return {"loan": plain(event.debt_before), **loan, **figures}
    if isinstance(event, e.QuoteTraded):
        sizes = {"fillBaseSz": plain(event.base_size), "fillQuoteSz": plain(event.quote_size)}
        return {"side": event.side, "tradeId": event.trade_id, "state": event.state, "ts": str(second), **sizes}
    if isinstance(event, e.OrderClosed):
        return {"ordId": str(event.order_id), "state": event.state, "accFillSz": plain(event.filled_size)}
    record = event.record
    return {
        "debtCcy": record.debt_ccy,
        "status": record.status,
        "fillDebtSz": plain(record.repaid),
        "ts": str(record.requested_at_ms),
    }


@check("O1")
def a_run_that_ended_stays_as_it_is(step: Step) -> None:
    """The request's time stands in the row, and a later row of the run never follows its end."""
    ended = False
    for event in step.events:
        if isinstance(event, e.RepayStarted):
            ended = False
        elif isinstance(event, e.RepayAdvanced | e.RepayEnded):
            need(not ended, "O1", event)
            ended = isinstance(event, e.RepayEnded)
            if not ended:
                need(event.record.status == "running", "O1", event)


@check("O4")
def legs_have_a_price_only_when_they_filled(step: Step) -> None:
    for row in step.rows:
        if row.table == "one_click_repay":
            legs = json.loads(row.body)["ordIdInfo"]
            times = [int(leg["cTime"]) for leg in legs]
            need(times == sorted(times, reverse=True), "O9", row)
            need(len({leg["ordId"] for leg in legs}) == len(legs), "O9", row)
            for leg in legs:
                need(leg["ordType"] == "ioc" and leg["state"] in ("filled", "canceled"), "O4", leg)
                need((leg["fillPx"] == "") == (leg["fillSz"] == "0"), "O4", leg)
                need(int(leg["ordId"]) not in step.state.orders, "O4", leg)


def by_force(event: Any) -> bool:
    """Whether an event begins what a moved index or a limit makes the venue do after the leg."""
    return getattr(event, "kind", "") == "forced_repay" or getattr(event, "category", "normal") != "normal"


@check("O6")
def a_run_moves_only_listed_and_transit_coins(step: Step) -> None:
    if not isinstance(step.command, c.Tick):
        return
    for event in step.events:
        if isinstance(event, e.RepayAdvanced):
            record = event.record
            parameters = step.state.parameters
            coins = {record.debt_ccy, parameters.transit_ccy, *record.repay_ccys}
            if any(leg.instrument.endswith(f"-{parameters.bridge_ccy}") for leg in record.legs):
                coins.add(parameters.bridge_ccy)
            for effect in takewhile(lambda one: not by_force(one.event), step.effects):
                for account, ccy in effect.ledger:
                    own = account == f"trading:{record.user_id}"
                    need(not own or ccy in coins, "O6", f"{effect.event} moves {ccy}, listed are {coins}")


__all__ = ["CHECKS", "Broken", "Effect", "Step", "check_step"]
