"""Short runs that lead the engine into each kind of injected fault, under every check of the random runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tallystick.engine import commands as c
from tallystick.engine.amounts import atoms_from_text as atoms
from tallystick.engine.kinds import FaultKind
from tests.properties.directed import begun, owing, pay_in
from tests.properties.faulty import REASONS
from tests.properties.oracle import COIN, HOUR_MS
from tests.properties.run import Run


def inject(run: Run, kind: FaultKind, fault_id: int = 1, **rule: Any) -> None:
    run.submit(c.InjectFault(rule=c.FaultRule(fault_id=fault_id, kind=kind, **rule)))


def clear(run: Run, *fault_ids: int) -> None:
    run.submit(c.ClearFaults(fault_ids=fault_ids))


def one_click(run: Run) -> None:
    run.submit(c.RepayDebt(user_id=1, debt_ccy="USDC", repay_ccys=("USDC", "ETH", "DOT")))


def repaying(kind: FaultKind, **rule: Any) -> Run:
    """A run of two coins with a fault before or in its first leg, another in its second, and one without."""
    run = begun()
    pay_in(run, ETH="3", DOT="1000")
    for leg in (1, 2, 3):
        owing(run, "USDC", "1500")
        inject(run, kind, leg=leg % 3, nth=1 + (leg == 3), **rule)
        one_click(run)
        run.pass_to(run.at_ms + 300_000)
        clear(run, 1)
        run.pass_to(run.at_ms + 60_000)
    return run


def stays_running() -> Run:
    return repaying("repay-stays-running")


def leg_late() -> Run:
    return repaying("repay-leg-late", ms=7_000)


def leg_canceled() -> Run:
    return repaying("repay-leg-canceled")


def leg_partly_filled() -> Run:
    return repaying("repay-leg-partly-filled", share=COIN // 3)


def ends_early() -> Run:
    return repaying("repay-ends-early")


def refused() -> Run:
    """Every command that a fault can refuse: counted, refused, and carried out again."""
    run = begun()
    pay_in(run, ETH="3", DOT="1", USDT="500")
    pay_in(run, 1, "funding", BTC="1")
    run.submit(c.ManualBorrow(user_id=1, ccy="USDC", amount=atoms("300")))
    for number, kind in enumerate(REASONS, start=1):
        inject(run, kind, number, nth=2, count=1, reason=REASONS[kind][-1])  # type: ignore[arg-type]
    for name in ("a", "b", "c"):
        run.submit(c.ManualBorrow(user_id=1, ccy="USDC", amount=atoms("10")))
        run.submit(c.ManualRepay(user_id=1, ccy="USDC", amount=atoms("5")))
        ask(run)
        run.submit(lend_command(name, "100"))
        run.submit(c.EasyConvert(user_id=1, account="trading", source_ccys=("DOT",), target_ccy="USDT"))
        pay_in(run, DOT="1")
        run.submit(c.RepayDebt(user_id=1, debt_ccy="USDC", repay_ccys=("USDC",)))
        run.pass_to(run.at_ms + 120_000)
    return run


def lend_command(name: str, amount: str, *, later: bool = False) -> c.BorrowLoan:
    pledged = (("BTC", atoms("0.02")),)
    return c.BorrowLoan(
        user_id=1,
        loan_id=0,
        ccy="USDT",
        amount=atoms(amount),
        collateral=pledged,
        client_order_id=name,
        settles_later=later,
    )


def ask(run: Run) -> Any:
    found = run.submit(
        c.AskQuote(user_id=1, base_ccy="ETH", quote_ccy="USDT", side="buy", size=atoms("30"), size_ccy="USDT")
    )
    return (found or [None])[0]


def take(run: Run, given: Any) -> None:
    run.submit(
        c.TradeQuote(
            user_id=1,
            quote_id=given.quote_id,
            base_ccy="ETH",
            quote_ccy="USDT",
            side="buy",
            size=atoms("30"),
            size_ccy="USDT",
        )
    )


def converts() -> Run:
    """Quotes cut short, traded before and after their end; a small balance that is not converted."""
    run = begun()
    pay_in(run, USDT="500", DOT="1")
    inject(run, "quote-expires-early", ms=2_000, nth=2)
    for wait_ms in (9_000, 1_999, 2_000):
        given = ask(run)
        run.pass_to(run.at_ms + wait_ms)
        take(run, given)
    inject(run, "quote-expires-early", ms=60_000)
    ask(run)
    inject(run, "easy-convert-failed", 2, count=1)
    for _ in range(2):
        run.submit(c.EasyConvert(user_id=1, account="trading", source_ccys=("DOT",), target_ccy="USDT"))
    run.pass_to(run.at_ms + 2 * 3_600_000)
    return run


def auto_repay_stalls() -> Run:
    run = begun()
    pay_in(run, BTC="1")
    owing(run, "USDT", "1000")
    run.submit(c.SetAutoRepay(user_id=1, enabled=True))
    inject(run, "auto-repay-stalls", user_id=1)
    pay_in(run, USDT="100")
    clear(run, 1)
    pay_in(run, USDT="100")
    return run


def loans() -> Run:
    """Requests that settle late, one that is dropped, and one that is accepted although others settle at once."""
    run = begun()
    pay_in(run, 1, "funding", BTC="1", USDT="500")
    inject(run, "loan-settles-late", ms=60_000, count=1)
    inject(run, "loan-dropped", 2, nth=2, count=1)
    for name in ("a", "b", "c"):
        run.submit(lend_command(name, "100", later=True))
    run.pass_to(run.at_ms + 120_000)
    now = c.Setting(table="constants", row="", field="loan_settlement_delay_ms", value=0)
    run.submit(c.ChangeParameters(settings=(now,)))
    inject(run, "loan-settles-late", ms=5_000)
    for loan_id in list(run.state.loans):
        run.submit(
            c.RepayLoan(
                user_id=1,
                loan_id=loan_id,
                ccy="USDT",
                amount=atoms("40"),
                client_order_id=f"r{loan_id}",
                settles_later=True,
            )
        )
    run.pass_to(run.at_ms + 120_000)
    return run


def interest_late() -> Run:
    """Interest put off while nothing happens, while the debt is repaid, and while more is borrowed."""
    run = begun()
    pay_in(run, BTC="1")
    owing(run, "USDT", "1000")
    owing(run, "USDC", "500")
    owing(run, "ETH", "1", user=2)
    inject(run, "interest-late", user_id=1, ms=600_000, nth=2)
    for repaid in ("", "1001", "100"):
        run.pass_to(run.at_ms - run.at_ms % HOUR_MS + HOUR_MS + 60_000)
        if repaid:
            pay_in(run, USDT=repaid)
            run.submit(c.ManualRepay(user_id=1, ccy="USDT", amount=atoms(repaid)))
            run.submit(c.ManualBorrow(user_id=1, ccy="USDC", amount=atoms("10")))
        run.pass_to(run.at_ms + 1_200_000)
    clear(run, 1)
    run.pass_to(run.at_ms + 2 * HOUR_MS)
    return run


def paid_before_it_was_booked() -> Run:
    """All is repaid before the interest is booked: borrowing stays on until it is, and the interest is owed."""
    run = begun()
    owing_user = 3
    pay_in(run, owing_user, BTC="1")
    owing(run, "USDT", "1000", user=owing_user)
    inject(run, "interest-late", user_id=owing_user, ms=3_599_999, count=1)
    run.pass_to(run.at_ms - run.at_ms % HOUR_MS + HOUR_MS + 60_000)
    pay_in(run, owing_user, USDT="2000")
    run.submit(c.ManualRepay(user_id=owing_user, ccy="USDT", amount=atoms("2000")))
    run.submit(c.SwitchSpotBorrow(user_id=owing_user, enabled=False))
    run.pass_to(run.at_ms + HOUR_MS)
    return run


def orders_and_collateral() -> Run:
    """An order that waits, one that fills at once, and one that fills in part; collateral added and taken out."""
    run = begun()
    pay_in(run, BTC="1", USDT="100000")
    pay_in(run, 1, "funding", BTC="1")
    inject(run, "order-canceled")
    inject(run, "collateral-not-adjusted", 2, nth=2, count=2)
    run.submit(c.SetBook(instrument="BTC-USDT", bids=(), asks=((atoms("60000"), atoms("0.5")),)))
    for price, size in (("50000", "0.1"), ("61000", "0.1"), ("61000", "1")):
        run.submit(
            c.PlaceOrder(
                user_id=1, instrument="BTC-USDT", side="buy", kind="limit", size=atoms(size), price=atoms(price)
            )
        )
    run.submit(lend_command("a", "100"))
    for add in (True, True, False, True):
        run.submit(c.AdjustCollateral(user_id=1, loan_id=0, add=add, ccy="BTC", amount=atoms("0.01")))
    return run


ALL: tuple[Callable[[], Run], ...] = (
    stays_running,
    leg_late,
    leg_canceled,
    leg_partly_filled,
    ends_early,
    refused,
    converts,
    auto_repay_stalls,
    orders_and_collateral,
    interest_late,
    paid_before_it_was_booked,
    loans,
)
