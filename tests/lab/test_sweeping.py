"""Sweeps: what each variant makes of a book by hand, and the same draws for all of them."""

from __future__ import annotations

import numpy as np
import pytest

from tallystick.engine.amounts import ONE
from tallystick.lab import drawing
from tallystick.lab.book import Book
from tallystick.lab.lab import Lab
from tallystick.lab.lists import AT_MS, with_rates
from tallystick.lab.models import BadModel, Walk
from tallystick.lab.opening import Opened, state_with
from tallystick.lab.running import begin, carry_out
from tallystick.lab.sweeping import varied
from tallystick.venue.parameters import load_parameters

MODEL = Walk(usual=1.5)


@pytest.fixture
def book() -> Book:
    """12,000 USDT on 0.4 BTC at 50,000: an LTV of 0.6; and 1,000 USDC on 1 ETH at 2,500."""
    loans = [
        Opened(debts={"USDT": 12_000 * ONE}, collateral={"BTC": 4 * ONE // 10}),
        Opened(debts={"USDC": 1_000 * ONE}, collateral={"ETH": ONE}),
    ]
    prices = {"BTC-USDT": 50_000 * ONE, "ETH-USDT": 2_500 * ONE, "USDC-USDT": ONE}
    parameters = with_rates(load_parameters(), {"USDT": ONE // 10, "USDC": ONE // 10})
    return Book(state_with(parameters, AT_MS, prices, loans))


def test_a_variant_by_hand(book: Book) -> None:
    made = varied(book, {"collateral:BTC": "1.5", "price": "0.8", "debt": "0.5"})
    assert dict(zip(made.pairs, made.first, strict=True)) == {
        "BTC-USDT": 40_000 * ONE,
        "USDT-USD": ONE,
        "ETH-USDT": 2_000 * ONE,
        "USDC-USDT": ONE,
    }
    assert [loan.debts for loan in made.loans] == [{"USDT": 6_000 * ONE}, {"USDC": 500 * ONE}]
    assert [loan.collateral for loan in made.loans] == [{"BTC": 6 * ONE // 10}, {"ETH": ONE}]
    assert [loan.debts for loan in book.loans] == [{"USDT": 12_000 * ONE}, {"USDC": 1_000 * ONE}]


def test_the_ltv_is_set_at_the_varied_prices(book: Book) -> None:
    """0.4 BTC at 40,000 are 16,000 USD, 1 ETH at 2,000 is 2,000 USD; half of each is owed."""
    made = varied(book, {"ltv": "0.5", "price": "0.8"})
    assert [loan.debts for loan in made.loans] == [{"USDT": 8_000 * ONE}, {"USDC": 1_000 * ONE}]


def test_the_same_draws_serve_every_variant(book: Book) -> None:
    """A path at lower prices is the same path in proportion, to the rounding of a step."""
    made = varied(book, {"price:BTC-USDT": "0.8"})
    one, other = (MODEL.paths(some, 7, 48, 1)(3) for some in (book, made))
    place = book.pairs.index("BTC-USDT")
    assert np.abs(other[:, place] - one[:, place] * 0.8).max() <= 1
    assert np.delete(other, place, axis=1).tolist() == np.delete(one, place, axis=1).tolist()


def test_a_cell_is_the_run_of_its_variant(book: Book) -> None:
    """Also in processes, which vary the book themselves; a cell without a change is the book's own run."""
    lab = Lab(book, 240)
    swept = lab.sweep(MODEL, {"ltv": ["0.6", "0.7"]}, paths=40, seed=7)
    assert [cell.answer.each_liquidated.value for cell in swept.cells] == sorted(
        cell.answer.each_liquidated.value or 0.0 for cell in swept.cells
    )
    apart = lab.sweep(MODEL, {"ltv": ["0.6", "0.7"]}, paths=40, seed=7, workers=2)
    assert apart == swept
    plain = lab.sweep(MODEL, {"debt": ["1"]}, paths=40, seed=7)
    manifest = begin(book, MODEL, paths=40, seed=7, hours=240, points=1)
    assert plain.cells[0].digest == carry_out(manifest, book, MODEL).manifest.digest != swept.cells[1].digest


def test_the_fan_begins_at_the_ltv_of_the_book(book: Book) -> None:
    """13,000 USD are owed on 22,500; after an hour at 10 % a year a 87,600th more is owed at other prices."""
    manifest = begin(book, MODEL, paths=3, seed=7, hours=24, points=4)
    run = carry_out(manifest, book, MODEL)
    fan = drawing.fan_of(run)
    assert fan.shape == (3, 25)
    assert fan[:, 0].tolist() == pytest.approx([13_000 / 22_500] * 3)
    steps = MODEL.paths(book, 7, 24, 4)(2)[3]
    usd = [index * unit / ONE for index, unit in zip(steps.tolist(), book.units, strict=True)]
    price = dict(zip(book.pairs, usd, strict=True))
    owed = 13_000 * (1 + 0.1 / 8_760)
    assert fan[2, 1] == pytest.approx(owed / (0.4 * price["BTC-USDT"] + price["ETH-USDT"]), rel=1e-9)
    assert drawing.fan(run) == drawing.fan(run)


def test_what_cannot_be_varied_is_refused(book: Book) -> None:
    with pytest.raises(BadModel, match="the book has no DOGE"):
        varied(book, {"debt:DOGE": "1"})
