"""Paths of a file: read as they stand, and each bad line is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.lab.given import Given, given_in
from tallystick.lab.models import BadModel
from tallystick.lab.naming import model_of
from tests.lab.test_models import column, small

LINES = "path,step,BTC-USDT\n0,1,43000\n0,2,42950.5\n1,1,50000.1\n1,2,50000.2\n"


def given(folder: Path, text: str) -> Given:
    path = folder / "paths.csv"
    path.write_text(text, encoding="utf-8")
    return given_in(path)


def test_prices_are_those_of_the_file_and_other_pairs_stand_still(tmp_path: Path) -> None:
    """A step of BTC is 0.1, one of USDC 0.0001."""
    book, model = small(), given(tmp_path, LINES)
    path = model.paths(book, 0, 2, 1)
    assert path(0)[:, column(book, "BTC-USDT")].tolist() == [430_000, 429_505]
    assert path(1)[:, column(book, "BTC-USDT")].tolist() == [500_001, 500_002]
    usdc = column(book, "USDC-USDT")
    assert path(1)[:, usdc].tolist() == [book.first[usdc] // book.units[usdc]] * 2
    assert model.limit == 2


def test_a_file_that_changed_is_another_model(tmp_path: Path) -> None:
    told = given(tmp_path, LINES).told()
    assert model_of(told, tmp_path) == given(tmp_path, LINES)
    given(tmp_path, LINES.replace("43000", "43001"))
    with pytest.raises(BadModel, match="has changed since the run was begun"):
        model_of(told, tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step,path,BTC-USDT\n", "must be path,step and the pairs"),
        ("path,step,BTC-USDT\n0,2,1\n", "line 2: paths count from 0 and steps from 1"),
        ("path,step,BTC-USDT\n0,1,1\n0,1,1\n", "line 3"),
        ("path,step,BTC-USDT\n0,1\n", "line 2"),
        ("path,step,BTC-USDT\n0,1,1.05\n0,2,1\n", "path 0, step 1 .* is no price in whole steps of 0.1"),
        ("path,step,BTC-USDT\n0,1,-1\n0,2,1\n", "is no price"),
        ("path,step,BTC-USDT\n0,1,1\n", "path 0 .* has 1 of 2 steps"),
        ("path,step,XRP-USDT\n0,1,1\n0,2,1\n", "no loan of the book depends on XRP-USDT"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadModel, match=said):
        given(tmp_path, text).paths(small(), 0, 2, 1)(0)
