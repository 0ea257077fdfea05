"""What the hands at the exchange's levers do in random runs: its numbers, small balances, prices, and the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import floor
from random import Random
from typing import TYPE_CHECKING, Any

from tallystick.engine import commands as c
from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.kinds import Account
from tests.properties.oracle import COIN, HOUR_MS
from tests.properties.run import Run

ULP = 100

if TYPE_CHECKING:
    from tests.properties.workload import Workload

USUAL: dict[tuple[str, str], tuple[Any, ...]] = {
    # Mostly values with which business goes on; the first is the packaged one or near it.
    ("currencies", "quota"): (500_000, 500_000, 20_000, 100, 1, 0),
    ("currencies", "min_borrow"): (1, 0.01, 50),
    ("currencies", "loan_max"): (100_000, 100_000, 500, 0),
    ("currencies", "rate_per_year"): (0, 0, 0.05, 10),
    ("currencies", "borrowable"): (True, True, True, False),
    ("currencies", "collateral"): (True, True, True, False),
    ("currencies", "loanable"): (True, True, False),
    ("currencies", "discount_tiers"): (((20, 0.98), (25, 0.9775)), ((1, 0.95), (1_000_000, 0.9)), ((100_000, 0.6),)),
    ("currencies", "margin_tiers"): (
        ((100_000, 0.02, 0.1), (200_000, 0.025, 0.1053)),
        ((1, 0.03, 0.1), (10, 0.0625, 0.125), (1_000, 0.1, 0.2)),
        ((5_000, 0.01, 0.3),),
        ((1_000_000, 0.15, 0.1),),
    ),
    ("currencies", "margin_step"): (0.01, 0.1, 0.9),
    ("currencies", "margin_step_size"): (100_000, 5, 200),
    ("instruments", "depth_quote"): (1_000_000, 3_600_000, 50_000, 0),
    ("constants", "taker_fee"): (0.001, 0.001, 0, 0.01),
    ("constants", "maker_fee"): (0.0008, 0, 0.002),
    ("constants", "leverage"): (3, 3, 2, 5, 10),
    ("constants", "repay_bound"): (0.005, 0.005, 0.02),
    ("constants", "repay_enabled"): (True, True, True, False),
    ("constants", "convert_half_spread"): (0.0005, 0.0005, 0.01),
    ("constants", "convert_half_spread_other"): (0.002, 0.002, 0),
    ("constants", "convert_large_factor"): (20, 20, 1),
    ("constants", "convert_min_quote"): (1, 1, 10),
    ("constants", "loan_initial"): (1.4, 1.4, 1.6, 1.3),
    ("constants", "loan_liquidation_fee"): (0.02, 0.02, 0, 0.1),
    ("constants", "easy_convert_max_usd"): (10, 10, 500),
    ("constants", "loan_settlement_delay_ms"): ("1000", "1000", "0", "90000"),
    ("constants", "forced_repayment_usage"): (0.95, 0.8),
    ("constants", "orders_max_per_instrument"): ("500", "500", "4", "1"),
    ("constants", "orders_max"): ("4000", "4000", "5", "2"),
    ("constants", "price_age_max_ms"): ("3600000", "60000", "0", "86400000"),
}
IMPOSSIBLE: tuple[tuple[str, str, Any], ...] = (
    ("currencies", "quota", -1),
    ("currencies", "borrowable", 1),
    ("currencies", "discount_tiers", ((20, 0.98), (10, 0.97))),
    ("currencies", "discount_tiers", ((20, 0.9), (30, 0.95))),
    ("currencies", "pool", 5),
    ("instruments", "tick", 1),
    ("instruments", "min_size", 0.0000000011),
    ("constants", "taker_fee", 0.11),
    ("currencies", "margin_tiers", ((20, 0.03, 0.1), (20, 0.04, 0.2))),
    ("currencies", "margin_tiers", ((20, 0.03, 0.2), (30, 0.04, 0.1))),
    ("currencies", "margin_tiers", ((20, 0.4, 0.1),)),
    ("currencies", "margin_step", 0),
    ("constants", "convert_min_quote", 20_000),
    ("constants", "loan_initial", 1.1),
    ("constants", "insurance_fund", 5),
)


def atoms(value: Any) -> Any:
    """Coins as written above to atoms; flags stay, tiers become pairs of atoms."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):  # a count
        return int(value)
    if isinstance(value, tuple):
        return tuple(tuple(atoms(number) for number in tier) for tier in value)
    return round(value * 10**12) * 10**6


def numbers(work: Workload, run: Run) -> None:
    """One to three numbers of the exchange at once, or one that cannot be."""
    settings = []
    for _ in range(work.dice.choice((1, 1, 2, 3))):
        if work.dice.random() < 0.15:
            table, field, value = work.dice.choice(IMPOSSIBLE)
        else:
            table, field = work.dice.choice(list(USUAL))
            value = work.dice.choice(USUAL[table, field])
        numbers = run.shadow.p
        rows: dict[str, Iterable[str]] = {
            "instruments": numbers.instruments,
            "currencies": numbers.currencies,
            "constants": [""],
        }
        row = work.dice.choice(list(rows[table])) if work.dice.random() > 0.02 else "NONE"
        settings.append(
            c.Setting(table=table, row="" if table == "constants" else row, field=field, value=atoms(value))
        )
    run.submit(c.ChangeParameters(settings=tuple(settings)))
    if work.dice.random() < 0.6:
        usual = [c.Setting(table=one.table, row=one.row, field=one.field, value=packaged(run, one)) for one in settings]
        run.submit(c.ChangeParameters(settings=tuple(usual)))


def packaged(run: Run, setting: c.Setting) -> Any:
    """What a number was when the run began."""
    began = run.began_with
    if setting.table == "constants":
        return getattr(began, setting.field)
    rows = getattr(began, setting.table)
    return getattr(rows[setting.row], setting.field) if setting.row in rows else 0


def dust(work: Workload, run: Run) -> None:
    """Small balances into a main coin; mostly after leaving one small."""
    user = work.user()
    account = run.shadow.accounts.get(user)
    where: Account = work.dice.choice(("trading", "trading", "funding"))
    coins = []
    for ccy in work.dice.sample(("USDC", "ETH", "DOT", "SOL", "BTC", "USDT"), work.dice.choice((1, 1, 2, 3))):
        held = (account.trading if where == "trading" else account.funding).get(ccy, 0) if account else 0
        if account and work.dice.random() < 0.6:
            kept = work.amount(work.worth(run, ccy, work.dice.choice((2, 9, 10, 11))))
            free = run.shadow.available(user, ccy) if where == "trading" else held
            delta = (kept - free) // ULP * ULP
            if delta:
                run.submit(c.AdjustBalance(user_id=user, account=where, ccy=ccy, delta=delta))
        coins.append(ccy)
    if work.dice.random() < 0.03:
        coins = ["USDC", "ETH", "DOT", "SOL", "BTC", "NONE"]
    target = work.dice.choice(("USDT", "USDT", "BTC", "ETH", "OKB", "DOT"))
    run.submit(c.EasyConvert(user_id=user, account=where, source_ccys=tuple(coins), target_ccy=target))


def no_price(work: Workload, run: Run) -> None:
    """A price of zero by hand or from the recording, and a coin that gets its first price."""
    name = work.dice.choice(list(run.shadow.p.instruments))
    kind = work.dice.randrange(4)
    if kind == 0:
        run.submit(c.SetPrices(prices=((name, 0),)))
    elif kind == 1:
        run.submit(c.MoveMarket(instruments=(name,), prices=(0,)))
    elif kind == 2:
        run.submit(c.SetPrices(prices=(("NONE-USDT", COIN),)))
    elif work.dice.random() < 0.3:
        run.submit(c.SetPrices(prices=(("SOL-USDT", atoms_from_text("100")),)))


def jump(work: Workload, run: Run) -> None:
    """The clock leaps over hours, now and then over more than a week."""
    hours = work.dice.choice((1, 2, 5, 5, 30, 8 * 24 + 1))
    run.jump_to(run.at_ms + hours * HOUR_MS + work.dice.choice((0, 1, 1_234_567)))


def press(work: Workload, run: Run) -> None:
    """Move the price of a pledged coin so that a loan stands at one of its lines, or a hair beside it."""
    open_loans = [loan for loan in run.shadow.loans.values() if run.shadow.ltv(loan)]
    if not open_loans:
        return
    loan = work.dice.choice(open_loans)
    coins = [ccy for ccy, size in loan.locked.items() if size and ccy != "USDT" and run.shadow.priced(ccy)]
    if not coins:
        return
    ccy = work.dice.choice(coins)
    margin_call, line = run.shadow.lines(loan)
    ltv = work.dice.choice((margin_call, line, line, (margin_call + line) / 2, line + (1 - line) / 4, Fraction(21, 20)))
    owed, value = run.shadow.total_usd(loan.debts), run.shadow.total_usd(loan.locked)
    rest = value - run.shadow.usd(ccy, loan.locked[ccy])
    price = (owed / ltv - rest) * COIN * COIN / (loan.locked[ccy] * run.shadow.usdt)
    hair = floor(price) + work.dice.choice((0, 0, 1, -1))
    if hair >= run.shadow.p.instruments[f"{ccy}-USDT"].tick:
        run.submit(c.SetPrices(prices=((f"{ccy}-USDT", hair),)))


def stale(work: Workload, run: Run) -> None:
    """Give a pair back to the recording, let its price grow old, and perhaps bring a new one."""
    name = work.dice.choice(("BTC-USDT", "ETH-USDT", "USDC-USDT", "DOT-USDT"))
    index = run.shadow.index.get(name.split("-")[0], 0)
    if not index:
        return
    run.submit(c.ReleaseMarket(instrument=name))
    run.submit(c.MoveMarket(instruments=(name,), prices=(index,)))
    run.submit(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="price_age_max_ms", value=60_000),))
    )
    run.pass_to(run.at_ms + work.dice.choice((59_999, 60_000, 60_001, 60_001)))
    for _ in range(work.dice.randrange(6)):
        kind = work.dice.randrange(4)
        if kind == 0:
            work.borrow(run)
        elif kind == 1:
            work.repay(run)
        elif kind == 2:
            work.transfer(run)
        else:
            work.collateral(run)
    run.submit(c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="price_age_max_ms", value=0),)))
    run.submit(c.SetPrices(prices=((name, index),)))


def squeeze(work: Workload, run: Run) -> None:
    """Cut the quota of a coin below what somebody owes of it; then give it back."""
    owed = [(ccy, debt) for account in run.shadow.accounts.values() for ccy, debt in account.debt.items() if debt]
    if not owed:
        return
    ccy, debt = work.dice.choice(owed)
    before = run.shadow.p.currencies[ccy].quota
    run.submit(c.ChangeParameters(settings=(c.Setting(table="currencies", row=ccy, field="quota", value=debt // 2),)))
    work.borrow(run)
    run.submit(c.ChangeParameters(settings=(c.Setting(table="currencies", row=ccy, field="quota", value=before),)))


def amend(work: Workload, run: Run) -> None:
    """Another price, size or both for an open order: near, far, through the book, or what cannot be."""
    if not run.shadow.orders:
        return
    number = work.dice.choice(list(run.shadow.orders))
    order = run.shadow.orders[number]
    user = order.user if work.dice.random() < 0.95 else work.user()
    instrument = run.shadow.p.instruments[order.instrument]
    size = price = 0
    if work.dice.random() < 0.7:
        share = work.dice.choice((0, 100, 500, 990, 1000, 1010, 1500, 4000))
        size = max(instrument.lot, order.size * share // 1000 // instrument.lot * instrument.lot)
        size = work.dice.choice((size, size, size, order.filled or size, size + 1))
    if work.dice.random() < 0.7 or not size:
        index = work.index(run, instrument.base_ccy)
        price = index * work.dice.randrange(985, 1016) // 1000 // instrument.tick * instrument.tick
        price = max(price, instrument.tick) + (work.dice.random() < 0.03)
    fails = work.dice.random() < 0.3
    run.submit(
        c.AmendOrder(
            user_id=user,
            instrument=order.instrument,
            order_id=number,
            client_order_id="",
            size=size,
            price=price,
            cancel_on_fail=fails,
            request_id=work.name(),
        )
    )


def timer(work: Workload, run: Run) -> None:
    """Set, put off or switch off a timer; sometimes it is waited for."""
    user, seconds = work.user(), work.dice.choice((0, 10, 10, 60, 120))
    run.submit(c.SetCancelTimer(user_id=user, timeout_ms=seconds * 1_000, tag=work.dice.choice(("", "a", "b"))))
    if work.dice.random() < 0.5:
        run.pass_to(run.at_ms + work.dice.choice((9_999, 10_000, 60_000)))


def others(dice: Random, usual: Mapping[str, str], name: str) -> list[tuple[str, int]]:
    """Up to two other prices that are set together with one, each near where it began."""
    chosen = dice.sample([one for one in usual if one != name], dice.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, 2)))
    return [(one, atoms_from_text(usual[one]) * dice.randrange(970, 1031) // 1000) for one in chosen]
