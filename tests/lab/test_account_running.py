"""Runs of books with loans and accounts: the same bytes however they are done, and by the engine itself."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.kinds import MULTI_CURRENCY, PORTFOLIO
from tallystick.lab.account_rows import REPAID
from tallystick.lab.book import Book
from tallystick.lab.conditions import Coupled
from tallystick.lab.forms import Manifest
from tallystick.lab.jobs import LabFailed
from tallystick.lab.lab import Lab
from tallystick.lab.lists import with_rates
from tallystick.lab.models import Shock, Walk
from tallystick.lab.opening import Opened, Owing, state_with
from tallystick.lab.replaying import replayed, sized
from tallystick.lab.running import WHOLE, Folder, Kind, Run, begin, carry_out
from tallystick.venue.parameters import load_parameters
from tests.lab.account_worlds import account_world, owing_of
from tests.lab.test_path_scenarios import complaints
from tests.lab.worlds import AT_MS, PRICES, world

MODEL = Walk(usual=1.5)
PATHS = 30


def book_of_both() -> Book:
    """Ten loans and ten accounts of random worlds in one state."""
    loans = world(3, hours_most=130).book
    accounts = account_world(4, hours_most=130).book
    opened = [Opened(debts=one.debts, collateral=one.collateral, e_mode=one.e_mode) for one in loans.loans[:10]]
    prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()}
    return Book(state_with(accounts.parameters, AT_MS, prices, opened, owing_of(accounts)[:10]))


@pytest.fixture(scope="module")
def book() -> Book:
    return book_of_both()


def started(book: Book, kind: Kind = WHOLE) -> Manifest:
    return begin(book, MODEL, paths=PATHS, seed=7, hours=48, points=1, kind=kind)


@pytest.fixture(scope="module")
def whole(book: Book) -> Run:
    return carry_out(started(book), book, MODEL)


def test_loans_and_accounts_are_told(whole: Run) -> None:
    assert (whole.manifest.loans, whole.manifest.accounts) == (10, 10)
    paths = list(whole.paths())
    assert sum(len(path.loans) for path in paths) > PATHS
    assert sum(one.liquidations for path in paths for one in path.accounts) > PATHS
    assert any(one.sales_cost != "0" for path in paths for one in path.accounts)


def test_two_workers_give_the_same_bytes(book: Book, whole: Run) -> None:
    assert list(carry_out(started(book), book, MODEL, workers=2).lines()) == list(whole.lines())


def test_the_engine_has_the_same_outcomes(book: Book, whole: Run) -> None:
    """It tells quiet loans and accounts too, with their interest; all others are those of the lab."""
    played = carry_out(started(book, Kind(engine=True)), book, MODEL)
    assert played.manifest.by == "engine"
    for mine, theirs in zip(whole.paths(), played.paths(), strict=True):
        assert len(theirs.loans) + len(theirs.accounts) == 20
        loans, accounts = {one.loan: one for one in theirs.loans}, {one.account: one for one in theirs.accounts}
        assert [loans[one.loan] for one in mine.loans] == mine.loans
        assert [accounts[one.account] for one in mine.accounts] == mine.accounts
        noted = {one.loan for one in mine.loans} | {one.account for one in mine.accounts}
        quiet = [one for one in theirs.loans if one.loan not in noted]
        assert all(one.called_ms == one.liquidated_ms == 0 for one in quiet)


def test_first_events_are_those_of_the_whole_run(book: Book, whole: Run) -> None:
    first = carry_out(started(book, Kind(first_events=True)), book, MODEL)
    for mine, theirs in zip(first.paths(), whole.paths(), strict=True):
        assert [one.account for one in mine.accounts] == [one.account for one in theirs.accounts]
        assert [one.liquidated_ms for one in mine.accounts] == [one.liquidated_ms for one in theirs.accounts]
        assert [one.liquidated_ms for one in mine.loans] == [one.liquidated_ms for one in theirs.loans]


def test_alone_the_same_are_liquidated_first_at_the_same_time(book: Book, whole: Run) -> None:
    alone = carry_out(started(book, Kind(alone=True)), book, MODEL)
    assert [[(one.account, one.liquidated_ms) for one in path.accounts] for path in alone.paths()] == [
        [(one.account, one.liquidated_ms) for one in path.accounts] for path in whole.paths()
    ]


def test_a_path_again_is_the_engines(book: Book, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.begin(started(book), book)
    again = replayed(folder, 5)
    assert again.same
    assert again.accounts


def test_the_engine_follows_accounts_without_auto_loan() -> None:
    """USDT has a quota of 20,000: 15,000 cost nothing. Of 25,000 an hour of 8 % a year costs on 5,000, that is
    0.0456621004566211 in 16 decimals, and then all is bought back but half of the quota."""
    parameters = with_rates(load_parameters(), {"USDT": 8 * ONE // 100})
    owing = [Owing(held={"BTC": ONE}, debts={"USDT": debt * ONE}, mode=MULTI_CURRENCY) for debt in (15_000, 25_000)]
    state = state_with(parameters, AT_MS, {"BTC-USDT": 60_000 * ONE}, [], owing)
    for user in state.users.values():
        user.auto_loan = False
    made, model = Book(state), Shock()
    manifest = begin(made, model, paths=1, seed=0, hours=1, points=1, kind=Kind(engine=True))
    (path,) = carry_out(manifest, made, model).paths()
    quiet, exchanged = path.accounts
    assert (quiet.interest, quiet.sales_cost) == ({"USDT": "0"}, "0")
    assert (exchanged.interest, exchanged.liquidated_ms) == ({"USDT": "0.0456621004566211"}, 0)
    assert Fraction(exchanged.sales_cost) > 0
    rows = Lab(made, 1, 1).by_the_engine(model, 0, 0).accounts[2]
    repaid = [row.amount for row in rows if row.what == REPAID]
    assert 9_999 * ONE < 25_000 * ONE + 45_662_100_456_621_100 + sum(repaid) <= 10_000 * ONE


def test_enough_is_not_looked_for_by_the_lab_where_only_the_engine_follows(tmp_path: Path) -> None:
    parameters = with_rates(load_parameters(), {"USDT": 8 * ONE // 100})
    owing = Owing(held={"BTC": ONE}, debts={"USDT": 15_000 * ONE}, mode=MULTI_CURRENCY)
    state = state_with(parameters, AT_MS, {"BTC-USDT": 60_000 * ONE}, [], [owing])
    made, folder = Book(state), Folder(tmp_path)
    kind = Kind(engine=True)
    folder.begin(begin(made, Shock(), paths=1, seed=0, hours=1, points=1, kind=kind), made)
    assert sized(folder, 1, "BTC", Fraction(0), of_account=True).enough < ONE
    state.users[1].auto_loan = False
    quotas = Folder(tmp_path / "quotas")
    quotas.begin(begin(made, Shock(), paths=1, seed=0, hours=1, points=1, kind=kind), made)
    with pytest.raises(Coupled, match="Account 1 has its auto-loan off"):
        sized(quotas, 1, "BTC", Fraction(0), of_account=True)


def test_a_path_of_the_engine_becomes_a_scenario(tmp_path: Path) -> None:
    """Without auto-loan 25,000 USDT are exchanged, with two orders of category twap: bills of type 4."""
    parameters = with_rates(load_parameters(), {"USDT": 8 * ONE // 100})
    owing = Owing(held={"BTC": ONE}, debts={"USDT": 25_000 * ONE}, mode=MULTI_CURRENCY)
    state = state_with(parameters, AT_MS, {"BTC-USDT": 60_000 * ONE}, [], [owing])
    state.users[1].auto_loan = False
    made, folder = Book(state), Folder(tmp_path)
    folder.begin(begin(made, Shock(), paths=1, seed=0, hours=1, points=1, kind=Kind(engine=True)), made)
    told = replayed(folder, 0, told=True).scenario
    assert complaints(told) == []
    assert 'subType = "115", ccy = "BTC"' in told
    assert complaints(told.replace("autoLoan = false", "autoLoan = true"))
    assert replayed(folder, 0).scenario == ""


def test_a_path_with_accounts_that_no_scenario_can_bring_about_is_refused(tmp_path: Path) -> None:
    def path_of(name: str, owing: Owing, **record: Any) -> str:
        parameters = with_rates(load_parameters(), dict.fromkeys(("USDT", "ETH", "OKB"), 8 * ONE // 100))
        prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()} | {"BTC-USDT": 60_000 * ONE}
        state = state_with(parameters, AT_MS, prices, [], [owing])
        for field, value in record.items():
            setattr(state.users[1], field, value)
        made, folder = Book(state), Folder(tmp_path / name)
        manifest = begin(made, Shock(), paths=1, seed=0, hours=1, points=1)
        folder.begin(manifest, made)
        carry_out(manifest, made, Shock(), folder=folder)
        assert replayed(folder, 0).same
        with pytest.raises(LabFailed) as refused:
            replayed(folder, 0, told=True)
        return str(refused.value)

    btc, debt = {"BTC": ONE}, {"USDT": 15_000 * ONE}
    warned = path_of("warned", Owing(held=btc, debts=debt), warned_at_ms=AT_MS)
    assert warned == "account 1 has been warned since the last full hour, and is warned later than a new one"
    frozen = path_of("frozen", Owing(held=btc, debts=debt), liquidating=True)
    assert frozen == "account 1 is being liquidated already"
    due = path_of("due", Owing(held=btc, debts={"USDT": 59_000 * ONE}))
    assert due == "account 1 is due for liquidation at the first prices already"
    fine = Owing(held={"BTC": ONE + 1}, debts=debt)
    assert path_of("fine", fine) == "account 1 holds or owes more decimals than its coins have"
    both = Owing(held={"BTC": ONE, "USDT": ONE}, debts=debt, mode=PORTFOLIO)
    assert path_of("both", both) == "account 1 holds and owes USDT, which are one number outside Spot mode"
    spot = Owing(held={"BTC": ONE, "USDT": ONE}, debts=debt)
    other = "account 1 cannot be opened by requests: they lead to other balances"
    assert path_of("repaid", spot, auto_repay=True) == other
    out = Owing(held={"BTC": ONE, "USDT": ONE}, debts={"ETH": ONE}, mode=MULTI_CURRENCY, out=("USDT",))
    refused = "account 1 cannot be opened by requests: {} is refused ({})"
    assert path_of("out", out) == refused.format("taking USDT out of the collateral", "collateral fixed")
    large = Owing(held={"BTC": 10 * ONE}, debts={"OKB": 5_000 * ONE})
    assert path_of("large", large) == refused.format("borrowing 5000 OKB", "above borrow limit")
    small = Owing(held=btc, debts={"USDT": ONE // 10})
    assert path_of("small", small) == refused.format("borrowing 0.1 USDT", "below min borrow")
    coins = [pair.split("-")[0] for pair in PRICES]
    every = Owing(held=dict.fromkeys(coins, ONE), debts={"USDT": 1_000 * ONE})
    assert path_of("every", every) == (
        "the accounts of the book have every coin that counts as collateral: one is needed to open them by"
    )
