"""Paths: (model, seed, path) decides every byte; prices by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.lab.book import Book
from tallystick.lab.models import BadModel, Blocks, Model, Shock, Walk, Window
from tallystick.lab.opening import Opened, state_with
from tallystick.venue.parameters import load_parameters
from tallystick.venue.walk import walk

PRICES = {"BTC-USDT": "43000.1", "USDC-USDT": "1"}
MARKET = walk("walk:39")


def small() -> Book:
    """100 USDT and 10 USDC on 0.01 BTC."""
    loan = Opened(debts={"USDT": 100 * ONE, "USDC": 10 * ONE}, collateral={"BTC": ONE // 100})
    prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()}
    return Book(state_with(load_parameters(), 1_700_000_000_000, prices, [loan]))


def column(book: Book, pair: str) -> int:
    return book.pairs.index(pair)


@pytest.mark.parametrize("model", [Blocks(MARKET), Blocks(MARKET, length=7), Walk(), Window(MARKET, start=5)])
def test_seed_and_path_decide_every_byte(model: Model) -> None:
    book = small()
    path = model.paths(book, 7, 50, 1)
    assert path(3).tobytes() == model.paths(book, 7, 50, 1)(3).tobytes() != path(4).tobytes()
    assert path(3).shape == (50, len(book.pairs))
    assert path(3).min() >= 1


@pytest.mark.parametrize("model", [Blocks(MARKET), Walk()])
def test_another_seed_is_another_path_and_a_longer_one_begins_alike(model: Model) -> None:
    book = small()
    assert model.paths(book, 7, 50, 1)(3).tobytes() != model.paths(book, 8, 50, 1)(3).tobytes()
    assert model.paths(book, 7, 80, 1)(3)[:50].tobytes() == model.paths(book, 7, 50, 1)(3).tobytes()


def test_a_window_is_the_recording_laid_on_the_present_price() -> None:
    """Hour 5 of the recording is the present; hour 6 moves 43,000.1 by what the recording moved."""
    book = small()
    first, second = (MARKET.points_of_hour("BTC-USDT", MARKET.first_day_ms + hour * 3_600_000, 0)[0] for hour in (5, 6))
    wanted = round(43_000.1 * second.price / first.price * 10)
    assert Window(MARKET, start=5).paths(book, 0, 2, 1)(0)[0, column(book, "BTC-USDT")] == wanted


def test_stable_coins_and_the_dollar_stand_still_in_a_walk() -> None:
    book = small()
    found = Walk().paths(book, 1, 100, 4)(0)
    for pair in ("USDC-USDT", "USDT-USD"):
        assert set(found[:, column(book, pair)].tolist()) == {
            book.first[column(book, pair)] // book.units[column(book, pair)]
        }


def test_a_walk_has_the_volatility_that_is_asked_for() -> None:
    """A year of 0.8 is 0.8 / sqrt(8760) an hour: 0.855 %, here over 20,000 hours without jumps."""
    book = small()
    found = Walk(jumps_per_year=0).paths(book, 1, 20_000, 1)(0)[:, column(book, "BTC-USDT")].astype(np.float64)
    assert abs(np.std(np.diff(np.log(found))) / 0.00855 - 1) < 0.02


def test_a_shock_in_a_straight_line() -> None:
    """USDC from 1 to 0.874 in two hours: 0.937, 0.874, and it stays; BTC falls by 40 % to 25,800.06, a step of 0.1."""
    book = small()
    found = Shock({"USDC-USDT": "0.874"}, fall="0.4", hours=2).paths(book, 0, 3, 1)(0)
    usdc, btc = (found[:, column(book, pair)] for pair in ("USDC-USDT", "BTC-USDT"))
    unit = ONE // book.units[column(book, "USDC-USDT")]
    assert usdc.tolist() == [round(0.937 * unit), round(0.874 * unit), round(0.874 * unit)]
    assert btc.tolist() == [344_001, 258_001, 258_001]


def test_a_path_has_all_its_prices_wherever_its_blocks_begin() -> None:
    """A recording of 984 hours: blocks of 982 begin at hour 0 or 1, and the last window of 980 at hour 3."""
    book = small()
    path = Blocks(MARKET, length=982).paths(book, 1, 1_000, 1)
    assert {path(number).shape for number in range(20)} == {(1_000, len(book.pairs))}
    window = Window(MARKET, start=3).paths(book, 1, 980, 4)
    assert window(0).shape == (980 * 4, len(book.pairs))
    with pytest.raises(BadModel, match="windows 0 to 0 only"):
        window(1)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Blocks(MARKET, length=0), "blocks of 0 hours"),
        (Window(MARKET, start=10**6), "a window of 50 hours begins"),
        (Shock({"XRP-USDT": "1"}), "no loan of the book depends on XRP-USDT"),
        (Walk(together=2.0), "from 0 to 1"),
    ],
)
def test_a_model_that_cannot_is_refused(model: Model, said: str) -> None:
    with pytest.raises(BadModel, match=said):
        model.paths(small(), 1, 50, 1)
