"""Paths of the lab and what happens on them: the same bytes on every supported Python and numpy.

The digests were taken with Python 3.11 and numpy 2.4, and compared with 3.11 and numpy 1.26, 3.12 and 3.13. That the
numbers are right is for tests/lab to show; here they only may not differ from one machine to another.
"""

from __future__ import annotations

import hashlib

import pytest

from tallystick.engine.amounts import ONE
from tallystick.lab.book import Book
from tallystick.lab.lists import AT_MS, with_rates
from tallystick.lab.models import Blocks, Model, Shock, Walk
from tallystick.lab.opening import Opened, state_with
from tallystick.lab.running import begin, carry_out
from tallystick.venue.parameters import load_parameters
from tallystick.venue.walk import walk

PRICES = {"BTC-USDT": 60_000 * ONE, "ETH-USDT": 3_000 * ONE, "SOL-USDT": 150 * ONE}


def book() -> Book:
    """Thirty loans of 1,000 USDT each on BTC, ETH or SOL, at an LTV between 0.45 and 0.69."""
    loans = []
    for number in range(30):
        pair = list(PRICES)[number % 3]
        worth = 1_000 * ONE * 1_000 // (450 + 8 * number)
        loans.append(Opened(debts={"USDT": 1_000 * ONE}, collateral={pair.split("-")[0]: worth * ONE // PRICES[pair]}))
    parameters = with_rates(load_parameters(), {"USDT": ONE // 10})
    return Book(state_with(parameters, AT_MS, PRICES, loans))


@pytest.mark.parametrize(
    ("model", "paths", "lives"),
    [
        (
            Walk(usual=1.2),
            "9f1bab58f79f1efb708a440c6894b2169db4ab0cc5b01986be8a871bb49ff0ef",
            "be1456c713ed5c464358b53c6e9de147bae29082d17c21f849dea7423cd2bfc8",
        ),
        (
            Blocks(walk("walk:39:calm"), length=7),
            "c419c6ad1c97e653feb59d6666bb620f80d2c23351cff520c974296fa8cde729",
            "5952943fe3eddfb1c3b68fda8abab64e3c233494a89e24de8da1fb03b1e7368c",
        ),
        (
            Shock(fall="0.3", hours=5),
            "70f7ff8098956c0aacf264080b858a1c5470de0b220f65836c73d189ae125abf",
            "0cc039b91678be76198e5afa119a13a5c01e51cd76f1d87179401acd6e9dfdd2",
        ),
    ],
    ids=["walk", "blocks", "shock"],
)
def test_a_model_gives_the_same_bytes_everywhere(model: Model, paths: str, lives: str) -> None:
    made = book()
    count = model.limit or 30
    path = model.paths(made, 7, 240, 4)
    steps = hashlib.sha256(b"".join(path(number).astype("<i8").tobytes() for number in range(count)))
    manifest = begin(made, model, paths=count, seed=7, hours=240, points=4)
    assert (steps.hexdigest(), carry_out(manifest, made, model).manifest.digest) == (paths, lives)
