"""The tables of states that draw the guide's diagrams: each line is reached by the engine, and it does nothing else."""

from __future__ import annotations

from typing import Any

from tallystick.engine import commands as c
from tallystick.engine import core, flexible_loan, loan_risk, margin, repay
from tallystick.engine.amounts import ONE
from tallystick.engine.events import LoanMoved, RepayAdvanced, RepayEnded, RepayStarted
from tallystick.engine.state import State
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import HOUR_MS, NOON_MS
from tests.engine.standings import Line, allowed, lines, standings

# ---- one-click repay


def owing(debt_ccy: str = "USDC", have: str = "0") -> Driver:
    driver = Driver(NOON_MS + 1)
    driver.user(USER, ETH="5")
    for pair, price in (("ETH-USDT", "3000"), ("USDC-USDT", "1")):
        driver.price(pair, price)
    driver.do(c.ManualBorrow(user_id=USER, ccy=debt_ccy, amount=atoms("100")))
    driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy=debt_ccy, delta=atoms(have) - atoms("100")))
    return driver


def changes_of_runs(driver: Driver) -> set[tuple[str, str, str]]:
    """(status before, what happened, status after) of every run there was."""
    found: set[tuple[str, str, str]] = set()
    legs = 0
    for _, _, events in driver.entries:
        started = next((event for event in events if type(event) is RepayStarted), None)
        advanced = [event for event in events if type(event) is RepayAdvanced]
        ended = next((event for event in events if type(event) is RepayEnded), None)
        if started:
            legs = 0
            found.add(("", repay.SAME_COIN, ended.record.status) if ended else ("", repay.REQUESTED, repay.RUNNING))
            continue
        new = advanced[-1].record.legs[legs:] if advanced else ()
        legs += len(new)
        if ended:
            what = repay.BOUGHT if new and new[-1].side == "buy" else repay.DONE
            found.add((repay.RUNNING, what, ended.record.status))
        elif new:
            assert [leg.side for leg in new] == ["sell"]
            found.add((repay.RUNNING, repay.SOLD, repay.RUNNING))
    return found


def test_every_line_of_a_run_is_reached_and_no_other() -> None:
    found: set[tuple[str, str, str]] = set()

    def run(driver: Driver, *coins: str, debt_ccy: str = "USDC") -> None:
        driver.do(c.RepayDebt(user_id=USER, debt_ccy=debt_ccy, repay_ccys=coins))
        driver.wait(60_000)
        found.update(changes_of_runs(driver))

    run(owing(have="100"), "USDC", "ETH")
    run(owing(have="20"), "USDC")
    run(owing(), "ETH")
    run(owing("USDT"), "ETH", debt_ccy="USDT")
    nobody_sells = owing()
    nobody_sells.book("USDC-USDT", [("0.9999", "1000")], [])
    run(nobody_sells, "ETH")
    nobody_buys = owing()
    nobody_buys.book("ETH-USDT", [], [("3000", "1")])
    run(nobody_buys, "ETH")
    assert found == set(repay.TRANSITIONS)


# ---- loans


class Watched:
    """A driver that notes every change of the standing of the one loan there is."""

    def __init__(self, ccy: str = "USDT", amount: str = "10000", pledged: str = "0.2", **settings: int) -> None:
        self.driver = Driver(NOON_MS)
        for pair, price in (("BTC-USDT", "72000"), ("ETH-USDT", "3000"), ("USDC-USDT", "1")):
            self.driver.price(pair, price)
        self.driver.user()
        for coin, much in (("BTC", "1"), ("USDT", "20000"), ("ETH", "100")):
            self.driver.deposit(coin, much, account="funding")
        for name, value in settings.items():
            self.driver.do(
                c.ChangeParameters(settings=(c.Setting(table="constants", row="", field=name, value=value),))
            )
        self.found: set[tuple[str, str, str]] = set()
        self.do(
            c.BorrowLoan(
                user_id=USER,
                loan_id=0,
                ccy=ccy,
                amount=atoms(amount),
                collateral=(("BTC", atoms(pledged)),),
                client_order_id="one",
            )
        )

    def do(self, command: c.Command) -> None:
        before, known = standing(self.driver.state), list(self.driver.state.loans)
        after = self.driver.do(command)
        self.note(before or "", command, after, closed=not self.driver.state.loans and bool(known))

    def hour(self) -> None:
        self.driver.at_ms += HOUR_MS
        self.do(c.Tick())

    def note(self, before: str, command: c.Command, events: list[Any], *, closed: bool) -> None:
        after = loan_risk.CLOSED if closed else standing(self.driver.state)
        if before == after:
            return
        rows: set[str] = {event.kind for event in events if type(event) is LoanMoved}
        words: dict[type, str] = {c.SetPrices: "price", c.Tick: "interest", c.ChangeParameters: "parameters"}
        self.found |= {(before, what, after or "") for what in rows or {words[type(command)]}}

    def price(self, price: str) -> Watched:
        self.do(c.SetPrices(prices=(("BTC-USDT", atoms(price)),)))
        return self

    def change(self, name: str, value: int) -> Watched:
        self.do(c.ChangeParameters(settings=(c.Setting(table="constants", row="", field=name, value=value),)))
        return self

    def repay(self, amount: str) -> Watched:
        self.do(
            c.RepayLoan(
                user_id=USER,
                loan_id=next(iter(self.driver.state.loans)),
                ccy="USDT",
                amount=atoms(amount),
                client_order_id=f"r{amount}",
            )
        )
        return self

    def squeeze(self, left: str) -> Watched:
        """Lenders of ETH leave only so much of it."""
        self.do(c.MovePool(ccy="ETH", delta=atoms(left) - atoms("80000")))
        return self


def standing(state: State) -> str | None:
    """Of the one loan, by its exact LTV; None without one."""
    for loan in state.loans.values():
        ltv = loan_risk.exact_ltv(state, loan)
        assert ltv is not None
        _, called, liquidation = flexible_loan.thresholds(state, loan)
        assert ltv < liquidation, "no loan rests at its liquidation"
        return loan_risk.CALLED if ltv >= called else loan_risk.HEALTHY
    return None


HEALTHY_PRICE, CALLED_PRICE, PARTIAL_PRICE = "60000", "55000", "51700"


def test_every_line_of_a_loan_is_reached_and_no_other() -> None:
    collateral = c.AdjustCollateral(user_id=USER, loan_id=0, add=True, ccy="BTC", amount=atoms("0.1"))
    stories = [
        Watched().price(CALLED_PRICE).price(HEALTHY_PRICE).repay("20000"),
        Watched().price(CALLED_PRICE).repay("3000").price("36000").repay("20000"),
        Watched()
        .price(CALLED_PRICE)
        .change("loan_margin_call_gap", atoms("0.05"))
        .change("loan_margin_call_gap", atoms("0.1")),
        Watched().price(PARTIAL_PRICE),
        Watched().price("40000"),
        Watched().price(CALLED_PRICE).price("40000"),
        Watched(loan_close_factor=atoms("0.96")).price(CALLED_PRICE).price(PARTIAL_PRICE),
        Watched(loan_close_factor=ONE).price(PARTIAL_PRICE),
        Watched(loan_close_factor=ONE).price(CALLED_PRICE).price(PARTIAL_PRICE),
        Watched("ETH", "3").squeeze("3"),
        Watched("ETH", "3").squeeze("0"),
        Watched("ETH", "3").price("51500").squeeze("1.5"),
        Watched("ETH", "3").price("51500").squeeze("0"),
    ]
    added = Watched().price(CALLED_PRICE)
    added.do(collateral)
    # A hair below the margin call at 0.8655, so that one hour of interest is enough.
    creeping = Watched().price("57770.08")
    creeping.hour()
    found = set().union(*(story.found for story in (*stories, added, creeping)))
    wanted = {(before, what, after) for before, whats, after in loan_risk.TRANSITIONS for what in whats}
    beside = {"borrowed": {"collateral_locked"}, "repaid": {"collateral_released"}}
    beside |= {"forced_repayment_buy": {"forced_repayment_sell", "collateral_released"}}
    beside |= {"partial_liquidation": {"collateral_released"}}
    also = {(before, other, after) for before, what, after in wanted for other in beside.get(what, ())}
    assert wanted - found == set()
    assert found - wanted - also == set()


# ---- trading accounts


class Account:
    """A driver that notes every change of the standing of the one account there is, event by event."""

    def __init__(self, btc: str = "1", price: str = "60000", **settings: str) -> None:
        self.driver = Driver(NOON_MS)
        self.found: set[Line] = set()
        self.price(price)
        self.do(c.CreateUser(user_id=USER, name="alice"))
        self.do(c.SwitchSpotBorrow(user_id=USER, enabled=True))
        self.coins("BTC", btc)
        for name, value in settings.items():
            self.change(name, atoms(value))

    def do(self, command: c.Command) -> Account:
        state = core.decode_state(core.encode_state(self.driver.state))
        stamp = core.Stamp(self.driver.seq + 1, self.driver.at_ms)
        before = standings(state)
        for event in self.driver.do(command):
            core.apply(state, stamp, event)
            after = standings(state)
            self.found |= lines(before, after, event)
            before = after
        return self

    def price(self, price: str) -> Account:
        return self.do(c.SetPrices(prices=(("BTC-USDT", atoms(price)),)))

    def coins(self, ccy: str, amount: str) -> Account:
        sign = -1 if amount.startswith("-") else 1
        return self.do(
            c.AdjustBalance(user_id=USER, account="trading", ccy=ccy, delta=sign * atoms(amount.removeprefix("-")))
        )

    def borrow(self, amount: str, *, spend: bool = True) -> Account:
        self.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms(amount)))
        return self.coins("USDT", f"-{amount}") if spend else self

    def repay(self, amount: str) -> Account:
        return self.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms(amount)))

    def change(self, name: str, value: int) -> Account:
        return self.do(c.ChangeParameters(settings=(c.Setting(table="constants", row="", field=name, value=value),)))

    def hour(self) -> Account:
        self.driver.at_ms += HOUR_MS
        return self.do(c.Tick())

    def order_and_cancel(self) -> Account:
        """Half a bitcoin for 36,000 a piece, which nobody takes and which would lose much."""
        self.do(c.SetBook(instrument="BTC-USDT", bids=(), asks=()))
        self.do(
            c.PlaceOrder(
                user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.5"), price=atoms("36000")
            )
        )
        return self.do(
            c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=next(iter(self.driver.state.orders)))
        )


def test_every_line_of_an_account_is_reached_and_no_other() -> None:
    """0.98 x price - 30,000 against 630, 2.1 % of the debt: 45.71 at 60,000, 2.16 at 32,000, 0.91 at 31,200."""
    stories = [
        Account().borrow("1000", spend=False).repay("2000"),
        Account().borrow("30000").price("32000").price("60000").price("32000").coins("BTC", "0.1"),
        # 1,360 + 525 is 2.99 times what 30,000 ask and 3.05 times what 29,475 do.
        Account().borrow("30000").price("32000").coins("USDT", "525").repay("525"),
        # 58.8 USD of bitcoin are 2.8 times what 1,000 USDT ask, which are still there.
        Account("0.001", "400000").borrow("1000", spend=False).price("60000").repay("2000"),
        Account().borrow("30000").change("spot_warning_ratio", atoms("100")).change("spot_warning_ratio", atoms("3")),
        # 58,800 are 28,000 times what 100 ask and 93 times what 30,100 do.
        Account(spot_warning_ratio="100").borrow("100", spend=False).borrow("30000", spend=False),
        Account(spot_warning_ratio="100").borrow("30000", spend=False),
        # Half sold at 36,000 leaves 0.98 x 30,000 + 17,982 - 30,000 = 17,382: 27.6. So does 0.2 BTC less: 27.0.
        Account(spot_warning_ratio="30").borrow("30000").order_and_cancel(),
        Account(spot_warning_ratio="30").borrow("30000").coins("BTC", "-0.2"),
        Account().borrow("30000").price("31200"),
        Account(spot_liquidation_slice="0.95").borrow("30000").price("31200"),
        Account(spot_liquidation_slice="1").borrow("30000").price("31200"),
    ]
    # A hair above the warning, so that one hour of interest is enough.
    creeping = Account().borrow("30000")
    ratio = margin.margin_ratio(creeping.driver.state, USER)
    assert ratio is not None
    creeping.change("spot_warning_ratio", ratio - 1).hour()
    # The interest of an hour is booked when the debt is paid already.
    rule = c.FaultRule(fault_id=1, kind="interest-late", user_id=USER, ms=600_000)
    late = Account().borrow("1000", spend=False).do(c.InjectFault(rule=rule)).hour().repay("2000")
    late.driver.at_ms += 600_000
    late.do(c.Tick())
    assert set().union(*(story.found for story in (*stories, creeping, late))) == allowed()
