"""Facts of refusals: the reason that each is told by, and the numbers that decided it, by hand (decisions/047)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import fund
from tallystick.engine.kinds import Side
from tallystick.venue.parameters import load_parameters
from tests.engine import test_auction as auction
from tests.engine import test_collateral as collateral
from tests.engine import test_convert as convert
from tests.engine import test_easy_convert as easy
from tests.engine import test_flexible_loan as loans
from tests.engine import test_loan_requests as requests
from tests.engine import test_orders as orders
from tests.engine import test_repay as repay
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, lose_price, with_currency
from tests.engine.test_loan_conversion import owing
from tests.engine.test_repay_in_vain import owing as owing_little

COINS = "BTC ETH USDT USDC SOL DOGE DOT LTC OKB ADA AVAX"
Facts = dict[str, str | int]


def told(driver: Driver, command: c.Command) -> tuple[str, Facts]:
    """The reason of a refusal, and its facts: amounts as text, counts and times as they are."""
    refused = driver.refusal(command)
    return refused.reason, {
        name: text(fact) if isinstance(fact, int) and not name.endswith(("_ms", "_count")) else fact
        for name, fact in refused.facts.items()
    }


def trading(**coins: str) -> Driver:
    """Coins in the trading account of a user who may borrow; BTC at 60,000, ETH at 3,000, USDC at 1."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, coins)
    for pair, price in (("BTC-USDT", "60000"), ("ETH-USDT", "3000"), ("USDC-USDT", "1")):
        driver.price(pair, price)
    return driver


def in_debt() -> Driver:
    """1 BTC; 10 USDC and 20 USDT are owed, 0 and 20 of them at hand."""
    driver = trading(BTC="1")
    for ccy, amount in (("USDC", "10"), ("USDT", "20")):
        driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms(amount)))
    driver.deposit("USDC", "-10")
    return driver


# ---- borrowing and the pool


def test_of_the_switches_of_borrowing() -> None:
    """An order that would borrow ETH has it listed beside the debts."""
    driver = in_debt()
    off = c.SwitchSpotBorrow(user_id=USER, enabled=False)
    assert told(driver, off) == ("debt_outstanding", {"name": "user1", "owed": "USDC,USDT"})
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="ETH-USDT", side="sell", kind="limit", size=atoms("0.1"), price=atoms("4000")
        )
    )
    assert told(driver, off) == ("debt_outstanding", {"name": "user1", "owed": "USDC,USDT,ETH"})
    driver.user(2, borrow=False)
    none: Facts = {"name": "user2"}
    assert told(driver, c.SetAutoRepay(user_id=2, enabled=True)) == ("borrowing_not_enabled", none)


def test_of_a_manual_borrow() -> None:
    driver = trading(BTC="1")
    driver.user(2, borrow=False)

    def borrow(ccy: str, amount: str, user_id: int = USER) -> tuple[str, Facts]:
        return told(driver, c.ManualBorrow(user_id=user_id, ccy=ccy, amount=atoms(amount)))

    assert borrow("XYZ", "1") == ("unknown_ccy", {"ccy": "XYZ", "known": COINS})
    assert borrow("DOT", "1", 2) == ("not_borrowable", {"name": "user2", "ccy": "DOT"})
    assert borrow("DOT", "0.01") == ("below_min_borrow", {"ccy": "DOT", "asked": "0.01", "least": "0.1"})
    driver.do(c.ChangeParameters(settings=(c.Setting(table="currencies", row="DOT", field="decimals", value=2),)))
    assert borrow("DOT", "0.125") == ("amount_too_fine", {"ccy": "DOT", "asked": "0.125", "places_count": 2})
    closed = c.Setting(table="currencies", row="DOT", field="borrowable", value=False)
    driver.do(c.ChangeParameters(settings=(closed,)))
    assert borrow("DOT", "1") == ("not_borrowable/coin", {"name": "user1", "ccy": "DOT"})


def test_of_a_manual_repay() -> None:
    driver = in_debt()
    nothing = c.ManualRepay(user_id=USER, ccy="BTC", amount=atoms("1"))
    assert told(driver, nothing) == ("no_debt", {"ccy": "BTC", "owed": "USDC,USDT"})
    empty = c.ManualRepay(user_id=USER, ccy="USDC", amount=atoms("1"))
    assert told(driver, empty) == ("nothing_available", {"ccy": "USDC", "account": "trading"})


def test_of_bids_pool_and_fund() -> None:
    """1,001 bids of at most 1,000. The pool has 7 ETH and 2 of a loan are out: 9 can be asked back."""
    driver = auction.borrower("0")
    many, dear = auction.bids(*auction.BOOK * 250, ("1", "0.02")), auction.bids(("1", "4"))
    assert told(driver, many) == ("too_many_bids", {"asked_count": 1001, "most_count": 1000})
    assert told(driver, dear) == ("bid_impossible", {"least": "0.01", "most": "3.65"})
    holds = fund.holds(driver.state)
    drained = c.MoveFund(delta=-holds - atoms("0.5"))
    asked = text(holds + atoms("0.5"))
    assert told(driver, drained) == ("would_be_negative/fund", {"ccy": "USDT", "free": text(holds), "asked": asked})
    driver = loans.pledger(with_currency("ETH", pool=atoms("9"), loanable=True))
    driver.do(loans.borrow("2", ("BTC", "1"), ccy="ETH"))
    emptied = c.MovePool(ccy="ETH", delta=-atoms("9.5"))
    assert told(driver, emptied) == ("would_be_negative/pool", {"ccy": "ETH", "free": "9", "asked": "9.5"})


# ---- orders


def test_of_orders_that_have_no_place() -> None:
    driver = orders.limited(1, 2)
    driver.do(orders.place("buy", "0.1", "50000"))
    here: Facts = {"instrument": "BTC-USDT", "most_count": 1}
    assert told(driver, orders.place("buy", "0.1", "50000")) == ("too_many_orders_here", here)
    driver.do(orders.ether())
    driver.price("USDC-USDT", "1")
    third = replace(orders.ether(), instrument="USDC-USDT", size=atoms("10"), price=atoms("0.9"))
    assert told(driver, third) == ("too_many_orders", {"most_count": 2})
    both = orders.place("buy", "0.1", "50000", "fok", stp_mode="cancel_both")
    assert told(driver, both) == ("stp_against_kind", {})


@pytest.mark.parametrize(("side", "size", "least"), [("buy", "0.55", "0.6"), ("sell", "0.49", "0.5")])
def test_of_orders_sized_in_quote_below_the_least(side: Side, size: str, least: str) -> None:
    """0.00001 BTC cost 0.6 USDT where BTC is asked for 60,000, and bring 0.5 where 50,000 is bid."""
    driver = orders.floor([("50000", "1")], [("60000", "1")])
    small: Facts = {"instrument": "BTC-USDT", "ccy": "USDT", "asked": size, "least": least}
    command = orders.place(side, size, kind="market", size_in_quote=True)
    assert told(driver, command) == ("size_below_min", small)


def test_of_orders_that_restricted_coins_would_have_to_carry() -> None:
    """60,000 USDT and a debt of 40,000 USDC without the BTC: 20,000 less the price of the order and 0.1 % of it.

    The margin is a third of the debts: of 40,000, and of 70,000 where 30,000 would be borrowed."""
    driver = collateral.mixed()

    def order(size: str) -> c.PlaceOrder:
        return orders.place("buy", size, "60000")

    own: Facts = {"restricted": "BTC", "equity_usd": "12792.8", "needed_usd": "13333.333333333333333334"}
    assert told(driver, order("0.12")) == ("order_collateral_restricted", own)
    more: Facts = {"restricted": "BTC", "equity_usd": "-70090", "needed_usd": "23333.333333333333333334"}
    assert told(driver, order("1.5")) == ("order_borrow_restricted", {"ccy": "USDT", **more})


# ---- convert


def test_of_quotes() -> None:
    driver = convert.trader()

    def quote(
        size: str, size_ccy: str, base: str = "BTC", other: str = "USDT", *, large: bool = False
    ) -> tuple[str, Facts]:
        command = c.AskQuote(
            user_id=USER, base_ccy=base, quote_ccy=other, side="sell", size=atoms(size), size_ccy=size_ccy, large=large
        )
        return told(driver, command)

    assert quote("1", "BTC", "BTC", "BTC") == ("no_such_pair", {"base": "BTC", "quote": "BTC"})
    assert quote("1", "SOL", "SOL") == ("no_such_pair/unpriced", {"base": "SOL", "quote": "USDT"})
    assert quote("0.99", "USDT") == ("below_convert_min", {"worth_usd": "0.99", "least_usd": "1"})
    assert quote("10000.01", "USDT") == ("above_convert_max", {"worth_usd": "10000.01", "most_usd": "10000"})
    large: Facts = {"worth_usd": "200000.01", "most_usd": "200000"}
    assert quote("200000.01", "USDT", large=True) == ("above_convert_max", large)
    sold: Facts = {"ccy": "BTC", "other": "USDT", "asked": "0.0000000000001"}
    assert quote("0.0000000000001", "BTC") == ("result_too_small", sold)
    bought = c.AskQuote(
        user_id=USER, base_ccy="BTC", quote_ccy="USDT", side="buy", size=atoms("0.0001"), size_ccy="USDT"
    )
    spent: Facts = {"ccy": "USDT", "other": "BTC", "asked": "0.0001"}
    assert told(driver, bought) == ("result_too_small", spent)


def test_of_trades() -> None:
    driver = convert.trader(USDT="40", ETH="1")
    quote = convert.ask(driver, base="ETH", quote="USDT", side="buy", size="50", size_ccy="USDT")
    took = convert.take(quote)
    assert told(driver, replace(took, quote_id="none")) == ("unknown_quote", {"id": "none"})
    altered: Facts = {"part": "szCcy", "asked": "ETH", "quoted": "USDT"}
    assert told(driver, replace(took, size_ccy="ETH")) == ("quote_altered", altered)
    mode: Facts = {"part": "convertMode", "asked": "True", "quoted": "False"}
    assert told(driver, replace(took, large=True)) == ("quote_altered", mode)
    more: Facts = {"ccy": "USDT", "asked": "50.5", "most": "50"}
    assert told(driver, convert.take(quote, "50.5")) == ("above_quoted_size", more)
    short: Facts = {"ccy": "USDT", "free": "40", "needed": "50"}
    assert told(driver, took) == ("insufficient_balance", short)
    driver.do(convert.take(quote, "40", client_trade_id="mine"))
    assert told(driver, took) == ("quote_traded", {"id": quote.quote_id})
    free_ms = NOON_MS + 1 + 7 * convert.DAY_MS
    again = convert.take(quote, "40", client_trade_id="mine")
    assert told(driver, again) == ("duplicate_client_id", {"id": "mine", "until_ms": free_ms})


def test_of_small_balances() -> None:
    """30 ADA at 0.5 are 15 USD, and small is less than 10."""
    driver = easy.holder(ADA="30", USDC="3")

    def convert(target: str, *sources: str) -> tuple[str, Facts]:
        return told(driver, easy.convert(target, *sources))

    assert convert("DOT", "USDC") == ("ccy_not_convertible", {"ccy": "DOT", "known": "USDT BTC ETH OKB"})
    assert convert("USDT", "DOT") == ("convert_unavailable", {"ccy": "DOT", "other": "USDT"})
    assert convert("USDT", "OKB") == ("nothing_available", {"ccy": "OKB", "account": "trading"})
    empty = easy.convert("USDT", "USDC", account="funding")
    assert told(driver, empty) == ("nothing_available", {"ccy": "USDC", "account": "funding"})
    assert convert("USDT", "ADA") == ("not_dust", {"ccy": "ADA", "worth_usd": "15", "most_usd": "10"})
    driver = easy.holder(ADA="0.00000001")
    driver.price("ADA-USDT", "0.000001")
    nothing: Facts = {"ccy": "ADA", "other": "BTC", "asked": "0.00000001"}
    assert told(driver, easy.convert("BTC", "ADA")) == ("result_too_small", nothing)


# ---- flexible loans


def test_of_new_loans() -> None:
    """0.03 BTC and 0.01 count 1,764 and 588 USD; 1,300 borrowed need 1,820."""
    parameters = with_currency("USDT", with_currency("LTC", collateral=False), loan_max=atoms("1500"))
    driver = loans.pledger(with_currency("SOL", parameters, loanable=False))
    bitcoin = ("BTC", "0.03")

    def borrow(amount: str, *coins: tuple[str, str], ccy: str = "USDT") -> tuple[str, Facts]:
        return told(driver, loans.borrow(amount, *coins, ccy=ccy))

    assert borrow("1", ccy="SOL") == ("loan_ccy_not_borrowable", {"ccy": "SOL"})
    assert borrow("1") == ("collateral_missing", {"ccy": "USDT"})
    assert borrow("1", ("USDT", "1")) == ("collateral_is_loan_ccy", {"ccy": "USDT"})
    assert borrow("1", ("LTC", "1")) == ("ccy_not_collateral", {"ccy": "LTC"})
    short: Facts = {"ccy": "BTC", "free": "1", "needed": "2.5", "account": "funding", "name": "user1"}
    assert borrow("1", ("BTC", "2.5")) == ("funding_insufficient", short)
    assert borrow("1300", bitcoin) == ("above_loan_limit/ltv", {"counted_usd": "1764", "needed_usd": "1820"})
    assert borrow("1501", ("BTC", "1")) == ("above_loan_limit/most", {"ccy": "USDT", "asked": "1501", "left": "1500"})
    loan_id = loans.opened(driver)
    added = loans.borrow("501", ("BTC", "0.1"), loan_id=loan_id, name="b")
    assert told(driver, added) == ("above_loan_limit/most", {"ccy": "USDT", "asked": "501", "left": "500"})
    pledged = loans.borrow("0.001", ccy="BTC", loan_id=loan_id, name="b")
    assert told(driver, pledged) == ("collateral_is_loan_ccy", {"ccy": "BTC"})
    e_mode = replace(loans.borrow("1", bitcoin, name="b"), e_mode=True)
    assert told(driver, e_mode) == ("no_e_mode_pair", {"known": "USDC/USDT"})


def test_of_two_pairs_of_e_mode() -> None:
    parameters = replace(load_parameters(), loan_e_mode_pairs=(("USDC", "USDT"), ("USDT", "USDC")))
    command = replace(loans.borrow("1", ("BTC", "0.03")), e_mode=True)
    assert told(loans.pledger(parameters), command) == ("no_e_mode_pair", {"known": "USDC/USDT USDT/USDC"})


def test_of_a_loan_that_the_pool_does_not_have() -> None:
    """It is all that the user may owe, and no more."""
    driver = loans.pledger(with_currency("USDT", pool=atoms("900"), loan_max=atoms("901")))
    asked: Facts = {"ccy": "USDT", "asked": "901", "left": "900"}
    assert told(driver, loans.borrow("901", ("BTC", "0.03"))) == ("above_loan_limit/pool", asked)


def test_of_collateral_that_is_adjusted() -> None:
    driver = loans.pledger(BTC="1", ETH="1", DOT="10", SOL="5")
    driver.price("SOL-USDT", "150")
    assert told(driver, loans.adjust("BTC", "0.01", add=True)) == ("loan_without_debt", {})
    loans.opened(driver, "1000", ("BTC", "0.03"), ("ETH", "0.2"))
    short: Facts = {"ccy": "DOT", "free": "10", "needed": "11", "account": "funding", "name": "user1"}
    assert told(driver, loans.adjust("DOT", "11", add=True)) == ("funding_insufficient", short)
    absent: Facts = {"ccy": "DOT", "known": "BTC ETH"}
    assert told(driver, loans.adjust("DOT", "1")) == ("not_in_collateral", absent)
    over: Facts = {"ccy": "ETH", "asked": "0.3", "locked": "0.2"}
    assert told(driver, loans.adjust("ETH", "0.3")) == ("above_redeemable", over)
    lose_price(driver, "SOL-USDT")
    assert told(driver, loans.adjust("SOL", "1", add=True)) == ("ccy_not_collateral/unpriced", {"ccy": "SOL"})


def test_of_requests_that_wait() -> None:
    driver = loans.pledger()
    loan_id = loans.opened(driver)
    began_ms = driver.at_ms
    driver.do(requests.repay(loan_id, "1", "same"))
    again = requests.repay(loan_id, "1", "same")
    waits: Facts = {"id": "same", "until_ms": began_ms + 1_000}
    assert told(driver, again) == ("loan_request_under_way", waits)
    driver.wait(1_000)
    used: Facts = {"id": "same", "until_ms": began_ms + 60_000}
    assert told(driver, again) == ("loan_request_duplicate", used)
    for number in range(100):
        driver.do(requests.repay(loan_id, "1", f"r{number}"))
    full: Facts = {"most_count": 100}
    assert told(driver, requests.repay(loan_id, "1", "over")) == ("too_many_loan_requests", full)


def test_of_a_repayment_that_the_funding_account_lacks() -> None:
    driver = loans.pledger()
    loan_id = loans.opened(driver)
    driver.deposit("USDT", "-1000.5", account="funding")
    short: Facts = {"ccy": "USDT", "free": "0.5", "needed": "2", "account": "funding", "name": "user1"}
    assert told(driver, requests.repay(loan_id, "2")) == ("funding_insufficient", short)


def test_of_a_loan_repaid_from_its_collateral() -> None:
    """0.03 BTC at 20,000 are 600 less 0.1 %, 599.4 of 1,000."""
    driver, loan_id = owing(atoms("1000"), atoms("0.03"))
    driver.deposit("ETH", "1", account="funding")
    driver.price("ETH-USDT", "3000")
    driver.do(c.AdjustCollateral(user_id=USER, loan_id=loan_id, add=True, ccy="ETH", amount=atoms("1")))
    driver.price("BTC-USDT", "20000")

    def repaid(amount: str, *coins: str) -> tuple[str, Facts]:
        command = c.RepayLoanWithCollateral(
            user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms(amount), collateral_ccys=coins
        )
        return told(driver, command)

    assert repaid("1", "DOT", "SOL") == ("not_in_collateral", {"ccy": "DOT SOL", "known": "BTC ETH"})
    too_many: Facts = {"asked_count": 6, "most_count": 5}
    assert repaid("1", *["BTC"] * 6) == ("too_many_coins", too_many)
    short: Facts = {"ccy": "USDT", "asked": "1000", "missing": "400.6"}
    assert repaid("1000", "BTC") == ("collateral_too_little", short)
    lose_price(driver, "BTC-USDT")
    assert repaid("1", "ETH") == ("no_price", {"ccy": "BTC"})


def test_of_a_part_that_leaves_a_loan_worse_covered() -> None:
    """An ulp costs 10^-8 BTC of 3; the rest of the debt is an ulp less."""
    driver, loan_id = owing(atoms("0.0011"), atoms("0.00000003"))
    tiny = c.RepayLoanWithCollateral(
        user_id=USER, loan_id=loan_id, ccy="USDT", amount=loans.ULP, collateral_ccys=("BTC",)
    )
    worse: Facts = {"ccy": "USDT", "asked": "0.0000000000000001", "left": "0.0010999999999999"}
    assert told(driver, tiny) == ("collateral_too_little/worse", worse)


# ---- one-click repay


def test_of_lists_of_coins() -> None:
    """0.0001 ETH at 3,000 are 0.3 USD, 0.2 DOT at 5 are the least, 1."""
    driver = in_debt()
    driver.price("DOT-USDT", "5")
    driver.deposit("DOT", "0.2")
    driver.deposit("ETH", "0.0001")

    def asked(debt_ccy: str, *coins: str) -> tuple[str, Facts]:
        return told(driver, c.RepayDebt(user_id=USER, debt_ccy=debt_ccy, repay_ccys=coins))

    assert asked("BTC", "BTC") == ("no_debt", {"ccy": "BTC", "owed": "USDC,USDT"})
    assert asked("USDC", *["BTC"] * 6) == ("too_many_coins", {"asked_count": 6, "most_count": 5})
    first: Facts = {"ccy": "USDT", "free": "20", "listed": "BTC USDT"}
    assert asked("USDT", "BTC", "USDT") == ("debt_coin_not_first", first)
    dust: Facts = {"ccy": "ETH", "free": "0.0001", "worth_usd": "0.3", "least_usd": "1"}
    assert asked("USDC", "BTC", "DOT", "ETH") == ("coin_is_dust", dust)
    driver.deposit("USDC", "0.25")
    assert asked("USDC", "USDC") == ("below_min_repayment", {"worth_usd": "0.25", "least_usd": "1"})
    driver.deposit("ETH", "1")
    repay.set_number(driver, "currencies", "BTC", "collateral", False)
    assert asked("USDC", "USDC", "BTC") == ("coin_not_collateral", {"ccy": "BTC"})
    repay.set_number(driver, "currencies", "USDC", "borrowable", False)
    assert asked("USDC", "USDC", "BTC") == ("debt_not_borrowable", {"ccy": "USDC"})


def test_of_runs_that_may_not_begin() -> None:
    driver = repay.owing("100")
    driver.do(c.ManualBorrow(user_id=USER, ccy="DOT", amount=atoms("10")))
    second = c.RepayDebt(user_id=USER, debt_ccy="DOT", repay_ccys=("DOT", "ETH"))
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    assert told(driver, second) == ("run_in_progress", {"ccy": "USDC", "since_ms": NOON_MS + 1})
    driver.wait(60_000)
    repay.set_number(driver, "constants", "", "repay_enabled", False)
    assert told(driver, second) == ("repay_off", {})


def test_of_coins_without_a_pair() -> None:
    parameters = load_parameters()
    pairs = {name: row for name, row in parameters.instruments.items() if name != "SOL-USDT"}
    driver = repay.owing("100", parameters=replace(parameters, instruments=pairs, repay_min_usd=0))
    driver.deposit("SOL", "1")
    command = c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("SOL", "ETH"))
    assert told(driver, command) == ("coin_unsupported", {"ccy": "SOL", "other": "USDT"})
    driver.do(c.ReleaseMarket(instrument="USDC-USDT"))
    driver.state.markets.pop("USDC-USDT")
    command = c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",))
    assert told(driver, command) == ("coin_unsupported/buy", {"ccy": "USDC", "other": "USDT"})


@pytest.mark.parametrize(("debt", "coin", "least"), [("0.9", "BTC", "1 USDC"), ("2", "ETH", "0.001 ETH")])
def test_of_a_debt_that_no_order_is_small_enough_for(debt: str, coin: str, least: str) -> None:
    driver = owing_little("USDC", debt, ETH="1")
    command = c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=(coin,))
    assert told(driver, command) == ("below_min_repayment/order", {"least": least})
