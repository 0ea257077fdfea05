"""What must be so after each accepted command, by the names of the list of post-conditions; checked in random runs.

Each function takes a step and says whether it had something to check, so that runs can show all were met.
A failure is `Broken` under the name of the condition.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from tallystick.contract import by_name
from tallystick.engine import commands as c
from tallystick.engine import core
from tallystick.engine import events as e
from tallystick.engine.interest import Charge
from tallystick.views import VIEWS, CommandView
from tests.properties.invariants import Step, plain
from tests.properties.oracle import Lent, clean, need

POST: dict[str, Callable[[Step], bool]] = {}


def after(name: str) -> Callable[[Callable[[Step], bool]], Callable[[Step], bool]]:
    def register(function: Callable[[Step], bool]) -> Callable[[Step], bool]:
        POST[name] = function
        return function

    return register


def check_post(step: Step) -> list[str]:
    """Names of the conditions that applied. All of them hold."""
    return [name for name, function in POST.items() if function(step)]


def moved(step: Step, account: str, ccy: str, *kinds: type) -> int:
    """What events of these kinds did to a balance; the interest of an hour is not among them."""
    return sum(
        effect.ledger.get((account, ccy), 0) for effect in step.effects if isinstance(effect.event, kinds or e.Event)
    )


def rows(step: Step, table: str) -> list[dict[str, Any]]:
    return [json.loads(row.body) for row in step.rows if row.table == table]


def of_kind(step: Step, kind: type) -> list[Any]:
    return [event for event in step.events if isinstance(event, kind)]


def reply(step: Step, endpoint: str, **request: object) -> dict[str, Any]:
    """The first row of the answer a client would get."""
    view = VIEWS[endpoint]
    if not isinstance(view, CommandView):
        raise TypeError(endpoint)
    record = msgspec.convert(request, by_name[endpoint].request)
    events = [event for event in step.events if not isinstance(event, Charge)]
    found: dict[str, Any] = json.loads(msgspec.json.encode(view.reply(record, step.stamp, events, step.state)[0]))
    return found


# ---- spot debts


@after("manual_borrow")
def _(step: Step) -> bool:
    said = step.command
    if not isinstance(said, c.ManualBorrow):
        return False
    user, ccy, amount = said.user_id, said.ccy, said.amount
    found = [moved(step, account, ccy) for account in (f"trading:{user}", f"debt:{user}", "pool")]
    need(found == [amount, -amount, -amount], "manual_borrow", f"{said} moved {found}")
    written = [(row["type"], row["amt"]) for row in rows(step, "spot_borrow_repay")]
    need(written == [("manual_borrow", plain(amount))], "manual_borrow", f"{said} wrote {written}")
    return True


@after("manual_repay")
def _(step: Step) -> bool:
    said, shadow = step.command, step.shadow
    if not isinstance(said, c.ManualRepay):
        return False
    user, ccy = said.user_id, said.ccy
    (done,) = of_kind(step, e.Repaid)
    paid = done.amount
    cash = moved(step, f"trading:{user}", ccy, e.Repaid)
    need(cash == -paid and moved(step, f"debt:{user}", ccy, e.Repaid) == paid, "manual_repay", step.effects)
    most = min(said.amount, shadow.debt(user, ccy) + paid, shadow.available(user, ccy) + paid)
    need(paid == most, "manual_repay", f"{paid} of {most}")
    told = reply(step, "spot_manual_borrow_repay", ccy=ccy, side="repay", amt=plain(said.amount))
    need(told["amt"] == plain(paid), "manual_repay", f"{told} of {paid}")
    written = [(row["type"], row["amt"]) for row in rows(step, "spot_borrow_repay")]
    need(written == [("manual_repay", plain(paid))], "manual_repay", f"{said} wrote {written}")
    return True


@after("auto_borrow")
def _(step: Step) -> bool:
    """Only for the fill, or the transfer that may borrow, that follows at once; and a row for each."""
    events = [event for event in step.events if not isinstance(event, Charge)]
    lent = [place for place, event in enumerate(events) if getattr(event, "kind", "") == "auto_borrow"]
    for place in lent:
        after = events[place + 1] if place + 1 < len(events) else None
        spends = isinstance(after, e.OrderFilled | e.Transferred) and after.user_id == events[place].user_id
        need(spends, "auto_borrow", f"{events[place]} is followed by {after}")
    written = [row["amt"] for row in rows(step, "spot_borrow_repay") if row["type"] == "auto_borrow"]
    need(written == [plain(events[place].amount) for place in lent], "auto_borrow", f"wrote {written}")
    return bool(lent)


@after("auto_repay")
def _(step: Step) -> bool:
    """min(avail, liab) as it was: either the debt is gone, or what may be spent of the coin."""
    done = [effect for effect in step.effects if getattr(effect.event, "kind", "") == "auto_repay"]
    for effect in done:
        event = effect.event
        user, ccy, paid = event.user_id, event.ccy, event.amount
        found = (effect.ledger.get((f"trading:{user}", ccy)), effect.ledger.get((f"debt:{user}", ccy)))
        need(found == (-paid, paid), "auto_repay", f"{event} moved {found}")
    last = {(effect.event.user_id, effect.event.ccy): effect.event for effect in done}
    if step.events and step.events[-1] in last.values():
        event = step.events[-1]
        left = step.shadow.spendable(event.user_id, event.ccy)
        need(event.debt_after == 0 or left <= 0, "auto_repay", f"{event} leaves {left}")
    return bool(done)


@after("set_auto_repay")
def _(step: Step) -> bool:
    said = step.command
    if not isinstance(said, c.SetAutoRepay):
        return False
    need(step.state.users[said.user_id].auto_repay is said.enabled, "set_auto_repay", said)
    need(reply(step, "set_auto_repay", autoRepay=said.enabled) == {"autoRepay": said.enabled}, "set_auto_repay", said)
    copy = core.decode_state(core.encode_state(step.state))
    again = core.handle(copy, core.Stamp(copy.seq + 1, copy.at_ms), said)
    need([type(event) for event in again] == [e.AutoRepaySwitched], "set_auto_repay", f"{said} again: {again}")
    copy.seq = step.state.seq
    need(core.encode_state(copy) == core.encode_state(step.state), "set_auto_repay", f"{said} again changes something")
    return True


@after("one_click_repay")
def _(step: Step) -> bool:
    said = step.command
    if not isinstance(said, c.RepayDebt):
        return False
    coins = list(said.repay_ccys)
    told = reply(step, "one_click_repay_v2", debtCcy=said.debt_ccy, repayCcyList=coins)
    need((told["debtCcy"], told["repayCcyList"]) == (said.debt_ccy, coins), "one_click_repay", told)
    written = rows(step, "one_click_repay")
    need(bool(written) and written[-1]["repayCcyList"] == coins, "one_click_repay", f"wrote {written}")
    need(written[-1]["status"] in ("running", "filled", "failed"), "one_click_repay", written)
    return True


# ---- loans


def loan_row(step: Step) -> list[tuple[str, str, str]]:
    return [(row["type"], row["ccy"], row["amt"]) for row in rows(step, "loan_history")]


@after("loan_borrow")
def _(step: Step) -> bool:
    said, shadow = step.shadow.command, step.shadow
    if not isinstance(said, c.BorrowLoan) or of_kind(step, e.LoanRequestAccepted):
        return False
    number = next(event.loan_id for event in step.events if isinstance(event, e.LoanMoved))
    loan, ccy, amount = shadow.loans[number], said.ccy, said.amount
    within = shadow.within(clean(loan.debts), clean(loan.locked), loan.e_mode)
    need(within is not False, "loan_borrow", f"{loan} stands above its initial LTV")
    need(moved(step, f"loan:{number}", ccy, e.LoanMoved) == -amount, "loan_borrow", said)
    need(moved(step, f"funding:{said.user_id}", ccy, e.LoanMoved) == amount, "loan_borrow", said)
    need(("borrowed", ccy, plain(amount)) in loan_row(step), "loan_borrow", step.rows)
    return True


@after("loan_repay")
def _(step: Step) -> bool:
    said = step.shadow.command
    if not isinstance(said, c.RepayLoan) or of_kind(step, e.LoanRequestAccepted):
        return False
    paid = moved(step, f"loan:{said.loan_id}", said.ccy, e.LoanMoved)
    need(0 < paid <= said.amount, "loan_repay", f"{said} paid {paid}")
    need(moved(step, f"funding:{said.user_id}", said.ccy, e.LoanMoved) == -paid, "loan_repay", said)
    need(("repaid", said.ccy, plain(-paid)) in loan_row(step), "loan_repay", step.rows)
    return True


@after("add_collateral")
def _(step: Step) -> bool:
    said, shadow = step.command, step.shadow
    if not isinstance(said, c.AdjustCollateral) or not said.add:
        return False
    number = next(event.loan_id for event in step.events if isinstance(event, e.LoanMoved))
    ccy, amount, loan = said.ccy, said.amount, shadow.loans[number]
    need(moved(step, f"funding:{said.user_id}", ccy) == -amount, "add_collateral", said)
    need(moved(step, f"vault:{number}", ccy) == amount, "add_collateral", said)
    before = Lent(loan.user, loan.e_mode, 0, loan.debts, {**loan.locked, ccy: loan.locked[ccy] - amount})
    was, is_now = shadow.ltv(before), shadow.ltv(loan)
    need(was is None or is_now is None or is_now <= was, "add_collateral", f"LTV {was} became {is_now}")
    need(("collateral_locked", ccy, plain(-amount)) in loan_row(step), "add_collateral", step.rows)
    return True


@after("reduce_collateral")
def _(step: Step) -> bool:
    said, shadow = step.command, step.shadow
    if not isinstance(said, c.AdjustCollateral) or said.add:
        return False
    number = next(event.loan_id for event in step.events if isinstance(event, e.LoanMoved))
    ccy, amount, loan = said.ccy, said.amount, shadow.loans[number]
    need(moved(step, f"vault:{number}", ccy) == -amount, "reduce_collateral", said)
    need(moved(step, f"funding:{said.user_id}", ccy) == amount, "reduce_collateral", said)
    within = shadow.within(clean(loan.debts), clean(loan.locked), loan.e_mode)
    need(within is not False, "reduce_collateral", f"{loan} stands above its initial LTV")
    need(("collateral_released", ccy, plain(amount)) in loan_row(step), "reduce_collateral", step.rows)
    return True


@after("liquidation_step")
def _(step: Step) -> bool:
    """A row for each leg, and the debt falls by what the rows say (F3, F4 and F5 are judged by the shadow)."""
    kinds = ("partial_liquidation", "forced_liquidation")
    legs = [event for event in step.events if isinstance(event, e.LoanMoved) and event.kind in kinds]
    written = [row for row in loan_row(step) if row[0] in kinds]
    expected = [(event.kind, event.ccy, plain(event.amount)) for event in legs]
    need(written == expected, "liquidation_step", f"legs {expected}, rows {written}")
    for number in {event.loan_id for event in legs}:
        fell = [event for event in legs if event.loan_id == number]
        owed = [moved(step, f"loan:{number}", event.ccy, e.LoanMoved) for event in fell]
        need(any(amount > 0 for amount in owed), "liquidation_step", f"loan {number} owes as much as before: {fell}")
    return bool(legs)


# ---- the rest


@after("convert_trade")
def _(step: Step) -> bool:
    said = step.command
    if not isinstance(said, c.TradeQuote):
        return False
    need(step.state.quotes[said.quote_id].traded, "convert_trade", f"{said.quote_id} can be traded again")
    (traded,) = of_kind(step, e.QuoteTraded)
    sign = 1 if said.side == "buy" else -1
    legs = {said.base_ccy: sign * traded.base_size, said.quote_ccy: -sign * traded.quote_size}
    for ccy, delta in legs.items():
        found = moved(step, f"trading:{said.user_id}", ccy, e.QuoteTraded)
        need(found == delta, "convert_trade", f"{said} moved {found} {ccy}")
    need([row["state"] for row in rows(step, "convert")] == [traded.state], "convert_trade", step.rows)
    refused = traded.state == "rejected"
    need(bool(traded.base_size) is not refused, "convert_trade", f"{traded.state} with {traded.base_size}")
    return True


@after("transfer")
def _(step: Step) -> bool:
    said = step.command
    if not isinstance(said, c.Transfer):
        return False
    user, ccy, amount = said.user_id, said.ccy, said.amount
    need(moved(step, f"{said.source}:{user}", ccy, e.Transferred) == -amount, "transfer", said)
    need(moved(step, f"{said.target}:{user}", ccy, e.Transferred) == amount, "transfer", said)
    need(not step.sound_before[user] or step.shadow.sound(user) is not False, "transfer", f"{said} breaks the margin")
    return True


QUIET = (e.MarketMoved, e.PriceHeld, e.LoanWarned, e.SpotWarned, e.LiquidationStarted, e.LiquidationEnded)


@after("price_update")
def _(step: Step) -> bool:
    """A price and a warning move no money; orders it crosses fill, what else moves belongs to somebody in trouble."""
    if not isinstance(step.command, c.MoveMarket | c.SetPrices):
        return False
    ended = of_kind(step, e.LiquidationStarted) or of_kind(step, e.LiquidationEnded)
    converted = bool(step.shadow.converted)
    troubled = bool(ended) or converted or any(user.closed for user in step.shadow.accounts.values())
    for effect in step.effects:
        event = effect.event
        if isinstance(event, QUIET):
            need(not effect.ledger, "price_update", f"{event} moves {effect.ledger}")
        kind, category = getattr(event, "kind", ""), getattr(event, "category", "normal")
        forced = kind in ("forced_repay", "full_liquidation") or category != "normal"
        of_trouble = forced or isinstance(event, e.LiquidationFeeTaken | e.DebtCovered)
        waited_for = (
            any(step.shadow.called.values())
            or bool(of_kind(step, e.PoolMoved))
            or category in ("twap", "auto_conversion")
        )
        need(not of_trouble or troubled or waited_for, "price_update", f"{event} and nobody is in trouble")
        asked = isinstance(event, e.Transferred | e.BalanceAdjusted | e.QuoteTraded | e.RepayStarted | e.LoanOpened)
        need(not asked and kind != "manual_borrow", "price_update", f"nobody asked for {event}")
    return True


@after("clock_advance")
def _(step: Step) -> bool:
    """The interest of one hour, each debt once; quotes that end do so in the order of their time, then their number."""
    hours, gone = of_kind(step, e.HourPassed), of_kind(step, e.QuotesExpired)
    if not isinstance(step.command, c.Tick) or not (hours or gone):
        return False
    charges = of_kind(step, Charge)
    ends = {charge.hour_ms for charge in charges}
    need(ends <= {event.hour_ms for event in hours}, "clock_advance", f"charged {ends}, passed {hours}")
    need(len(hours) <= 1, "clock_advance", f"{len(hours)} hours at once")
    for event in gone:
        need(bool(event.quote_ids), "clock_advance", "nothing expired")
        left = [quote.expires_at_ms for quote in step.state.quotes.values()]
        need(not left or min(left) + 3_600_000 > step.stamp.at_ms, "clock_advance", f"{event} leaves older ones")
    return True


__all__ = ["POST", "check_post"]
