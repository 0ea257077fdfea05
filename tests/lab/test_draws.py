"""Draws: raw words against a Philox written out in plain Python, functions against those of the standard library."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from tallystick.lab import draws

MASK = 2**64 - 1


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """One block of Philox4x64 with 10 rounds: Salmon and others, 2011."""
    a, b, c, d = counter
    left, right = key
    for _ in range(10):
        first, second = a * 0xD2E7470EE14C6C93, c * 0xCA5A826395121157
        a, b, c, d = (second >> 64) ^ b ^ left, second & MASK, (first >> 64) ^ d ^ right, first & MASK
        left, right = (left + 0x9E3779B97F4A7C15) & MASK, (right + 0xBB67AE8584CAA73B) & MASK
    return a, b, c, d


def test_the_reference_gives_the_published_block() -> None:
    """Known answer of the authors' Random123 for a counter and a key of zeros."""
    published = (0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B)
    assert philox((0, 0, 0, 0), (0, 0)) == published


@pytest.mark.parametrize(("seed", "path"), [(0, 0), (7, 3), (2**64 - 1, 2**63 + 5)])
def test_words_are_those_of_the_reference(seed: int, path: int) -> None:
    """The first block has the counter 1."""
    wanted = [word for block in range(1, 26) for word in philox((block, 0, 0, 0), (seed, path))]
    assert draws.words(seed, path, 100).tolist() == wanted
    assert draws.words(seed, path, 7).tolist() == wanted[:7]


def test_normal_numbers_are_the_quantiles_of_their_shares() -> None:
    """Also far out: the least word has a share of 2**-53, the greatest one of 1 - 2**-53."""
    drawn = np.concatenate((draws.words(1, 2, 4_000), np.array([0, 2**40, 2**50, 2**63, MASK], dtype=np.uint64)))
    exact = NormalDist()
    pairs = zip(draws.shares(drawn).tolist(), draws.normals(drawn).tolist(), strict=True)
    for share, number in pairs:
        assert 0.0 < share < 1.0
        assert math.isclose(number, exact.inv_cdf(share), rel_tol=1e-13, abs_tol=1e-14)


def test_exp_and_log_are_right_to_the_last_places() -> None:
    powers = np.linspace(-700.0, 700.0, 2_801)
    for power, number in zip(powers.tolist(), draws.exp(powers).tolist(), strict=True):
        assert math.isclose(number, math.exp(power), rel_tol=1e-15)
        assert math.isclose(float(draws.log(np.array([number]))[0]), power, rel_tol=1e-15, abs_tol=3e-16)


def test_numbers_are_those_of_plain_python_to_the_bit() -> None:
    """Python's floats round each operation as IEEE 754 says, so numpy has fused and reordered nothing."""
    drawn = draws.words(5, 9, 3_000)
    found = draws.normals(drawn)
    assert found.tolist() == [plain_normal(word) for word in drawn.tolist()]
    assert draws.exp(found).tolist() == [plain_exp(power) for power in found.tolist()]


def plain_normal(word: int) -> float:
    share = ((word >> 12) + 0.5) * 2.0**-52
    centred = share - 0.5
    if abs(centred) <= 0.425:
        return centred * plain_ratio(draws.CENTRE, 0.180625 - centred * centred)
    root = math.sqrt(-plain_log(min(share, 1.0 - share)))
    outer = plain_ratio(draws.TAIL, root - 1.6) if root <= 5.0 else plain_ratio(draws.FAR_TAIL, root - 5.0)
    return -outer if centred < 0.0 else outer


def plain_ratio(terms: tuple[tuple[float, ...], tuple[float, ...]], at: float) -> float:
    above, below = (plain_polynomial(part, at) for part in terms)
    return above / below


def plain_polynomial(terms: tuple[float, ...], at: float) -> float:
    found = terms[-1]
    for term in reversed(terms[:-1]):
        found = found * at + term
    return found


def plain_exp(power: float) -> float:
    times = round(power * (1.0 / (draws.LN2_HIGH + draws.LN2_LOW)))
    rest = power - times * draws.LN2_HIGH - times * draws.LN2_LOW
    found = 1.0
    for term in range(draws.EXP_TERMS, 0, -1):
        found = found * rest / float(term) + 1.0
    return math.ldexp(found, times)


def plain_log(number: float) -> float:
    part, power = math.frexp(number)
    if part < draws.ROOT_HALF:
        part, power = part * 2.0, power - 1
    slope = (part - 1.0) / (part + 1.0)
    series = 0.0
    for term in range(draws.LOG_TERMS, -1, -1):
        series = series * (slope * slope) + 1.0 / float(2 * term + 1)
    return power * draws.LN2_LOW + 2.0 * slope * series + power * draws.LN2_HIGH
