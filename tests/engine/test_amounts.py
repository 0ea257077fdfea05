"""Roundings by their names, and decimal text there and back."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.engine import amounts
from tallystick.engine.amounts import ONE, atoms_from_text, text_from_atoms

ANY_ATOMS = st.integers(-(10**38), 10**38)
SOME_ATOMS = st.integers(0, 10**38 - 1)


@given(SOME_ATOMS)
def test_text_comes_back_as_the_same_atoms(atoms: int) -> None:
    assert atoms_from_text(text_from_atoms(atoms)) == atoms


@given(ANY_ATOMS)
def test_text_is_the_exact_value_and_plain(atoms: int) -> None:
    text = text_from_atoms(atoms)
    assert Fraction(text) == Fraction(atoms, ONE)
    assert not set(text) - set("-0123456789.")
    assert text != "-0"
    assert "." not in text or not text.endswith(("0", "."))
    assert text.lstrip("-") == "0" or not text.lstrip("-").startswith("00")


@given(st.integers(0, 10**20 - 1), st.integers(0, 10**18 - 1), st.integers(0, 6))
def test_trailing_zeros_mean_nothing(whole: int, fraction: int, zeros: int) -> None:
    digits = f"{fraction:018d}".rstrip("0")
    padded = (digits + "0" * zeros)[:18] or "0"
    assert atoms_from_text(f"{whole}.{padded}") == atoms_from_text(f"{whole}.{digits or '0'}")


@pytest.mark.parametrize(
    ("text", "atoms"),
    [
        ("0", 0),
        ("1", 10**18),
        ("0.000000000000000001", 1),
        ("9.079631989", 9_079_631_989_000_000_000),
        ("99999999999999999999.999999999999999999", 10**38 - 1),
    ],
)
def test_text_to_atoms(text: str, atoms: int) -> None:
    assert atoms_from_text(text) == atoms
    assert text_from_atoms(atoms) == text


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "00", "01.5", ".5", "1.", ".", "1.2.3", "1e5", "1E5", "NaN", "Infinity", "1_000", "1,5", " 1",
     "1 ", "1\n", "0x10", "\u0661", "\uff11", "\u00b2", "9" * 21, "0." + "1" * 19, "1\u200b", "1/3"],
)  # fmt: skip
def test_other_text_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="not a plain decimal amount"):
        atoms_from_text(text)


@pytest.mark.parametrize(
    ("name", "left", "right", "expected"),
    [
        # half an atom and a third of a coin, from both sides of zero
        ("mul_down", 1, ONE // 2, 0),
        ("mul_up", 1, ONE // 2, 1),
        ("mul_down", -1, ONE // 2, -1),
        ("mul_up", -1, ONE // 2, 0),
        ("mul_down", 3, ONE // 2, 1),
        ("mul_up", 3, ONE // 2, 2),
        ("mul_down", 2 * ONE, 3 * ONE, 6 * ONE),
        ("mul_up", 2 * ONE, 3 * ONE, 6 * ONE),
        ("div_down", ONE, 3 * ONE, 333_333_333_333_333_333),
        ("div_down", -ONE, 3 * ONE, -333_333_333_333_333_334),
        ("cut", 199, 100, 100),
        ("cut", 200, 100, 200),
        ("cut", 99, 100, 0),
        ("lift", 101, 100, 200),
        ("lift", 200, 100, 200),
        ("lift", 0, 100, 0),
    ],
)
def test_roundings(name: str, left: int, right: int, expected: int) -> None:
    assert getattr(amounts, name)(left, right) == expected


@pytest.mark.parametrize(
    ("name", "numerator", "denominator", "decimals", "expected"),
    [
        ("ratio_cut", 2, 3, 4, "0.6666"),
        ("ratio_half_up", 2, 3, 4, "0.6667"),
        ("ratio_cut", 1, 8, 2, "0.12"),
        ("ratio_half_up", 1, 8, 2, "0.13"),
        ("ratio_half_up", 1, 3, 2, "0.33"),
        ("ratio_cut", 98, 140, 4, "0.7"),
        ("ratio_half_up", 6, 2, 0, "3"),
    ],
)
def test_ratios(name: str, numerator: int, denominator: int, decimals: int, expected: str) -> None:
    assert text_from_atoms(getattr(amounts, name)(numerator, denominator, decimals)) == expected


@given(ANY_ATOMS, ANY_ATOMS)
def test_products_stand_on_both_sides_of_the_exact_value(left: int, right: int) -> None:
    exact = Fraction(left * right, ONE)
    down, up = amounts.mul_down(left, right), amounts.mul_up(left, right)
    assert down <= exact <= up
    assert up - down in (0, 1)


@given(ANY_ATOMS, st.integers(1, 10**30))
def test_quotients_are_less_than_an_atom_below_the_exact_value(left: int, right: int) -> None:
    exact = Fraction(left * ONE, right)
    assert 0 <= exact - amounts.div_down(left, right) < 1


@given(SOME_ATOMS, st.integers(0, 18))
def test_cut_and_lift_enclose_the_value_by_less_than_a_unit(value: int, decimals: int) -> None:
    unit = amounts.unit_of(decimals)
    assert unit == 10 ** (18 - decimals)
    low, high = amounts.cut(value, unit), amounts.lift(value, unit)
    assert low <= value <= high
    assert low % unit == high % unit == 0
    assert value - low < unit
    assert high - value < unit


@pytest.mark.parametrize(
    ("size", "lot", "filled"),
    [("9.0886514537313433", "0.000001", "9.088651"), ("0.000109696512171", "0.00000001", "0.00010969")],
)
def test_documented_sizes_are_cut_to_the_lot(size: str, lot: str, filled: str) -> None:
    """Golden vectors G-lot-usdc and G-lot-btc."""
    assert text_from_atoms(amounts.cut(atoms_from_text(size), atoms_from_text(lot))) == filled


def test_documented_sizes_of_the_two_legs() -> None:
    """Golden vectors G-oneclick-sell-sz and G-oneclick-buy-sz."""
    sell = amounts.ratio_half_up(atoms_from_text("9.089091"), atoms_from_text("82856.7"), 16)
    assert text_from_atoms(sell) == "0.000109696512171"
    proceeds = amounts.mul_down(atoms_from_text("0.00010969"), atoms_from_text("83271.9"))
    assert text_from_atoms(proceeds) == "9.134094711"
    buy = amounts.ratio_half_up(proceeds, atoms_from_text("1.005"), 16)
    assert text_from_atoms(buy) == "9.0886514537313433"


def test_of_a_text_that_is_no_amount_forty_characters_are_shown() -> None:
    with pytest.raises(ValueError, match=r": 'x{40}'$"):
        atoms_from_text("x" * 50)
