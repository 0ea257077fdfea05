"""Draws of a path: words of Philox keyed by seed and path, and the functions that make numbers of them.

The same seed and path give the same bytes on every machine, Python and numpy. Words come from numpy's raw generator,
which is the published Philox4x64-10. Everything after that is additions, multiplications, divisions and square roots,
each rounded as IEEE 754 says, in an order that is written out here: numpy's own `exp`, `log` and sums differ between
processors (numpy issue 23523). Source: chosen (decisions/058).
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Words: TypeAlias = NDArray[np.uint64]

WORD_MOST: Final = 2**64
LN2_HIGH: Final = 0.6931471803691238
LN2_LOW: Final = 1.9082149292705877e-10
"""The logarithm of 2 in two parts; the first has 20 zero bits at its end, so its multiples are exact."""
ROOT_HALF: Final = 0.7071067811865476
EXP_TERMS: Final = 14
LOG_TERMS: Final = 12

# Rational approximations of the normal quantile: Wichura, algorithm AS 241 (1988), numerators and denominators.
CENTRE: Final = (
    (
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
    ),
    (
        1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
    ),
)  # fmt: skip
TAIL: Final = (
    (
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
        1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ),
    (
        1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
    ),
)  # fmt: skip
FAR_TAIL: Final = (
    (
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ),
    (
        1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
    ),
)  # fmt: skip


def words(seed: int, path: int, count: int) -> Words:
    """First `count` words of a path, each of 64 bits. `seed` and `path` are from 0 to 2**64 - 1."""
    generator = np.random.Philox(key=np.array([seed, path], dtype=np.uint64))
    found: Words = np.asarray(generator.random_raw(count), dtype=np.uint64)
    return found


def shares(drawn: Words) -> Floats:
    """Numbers strictly between 0 and 1 of the upper 52 bits of each word, all odd multiples of 2**-53."""
    upper = (drawn >> np.uint64(12)).astype(np.float64)
    return (upper + 0.5) * 2.0**-52


def normals(drawn: Words) -> Floats:
    """Standard normal numbers of words: the quantiles of their `shares`."""
    share = shares(drawn)
    centred = share - 0.5
    near = np.abs(centred) <= 0.425
    squared = 0.180625 - centred * centred
    middle = centred * _ratio(CENTRE, squared)
    lesser = np.minimum(share, 1.0 - share)
    root = np.sqrt(-log(lesser))
    outer = np.where(root <= 5.0, _ratio(TAIL, root - 1.6), _ratio(FAR_TAIL, root - 5.0))
    found: Floats = np.where(near, middle, np.where(centred < 0.0, -outer, outer))
    return found


def _ratio(terms: tuple[tuple[float, ...], tuple[float, ...]], at: Floats) -> Floats:
    above, below = terms
    return _polynomial(above, at) / _polynomial(below, at)


def _polynomial(terms: tuple[float, ...], at: Floats) -> Floats:
    """Polynomial by Horner's rule; the first term is the constant."""
    found = np.full_like(at, terms[-1])
    for term in reversed(terms[:-1]):
        found = found * at
        found = found + term
    return found


def exp(power: Floats) -> Floats:
    """e to a power between -700 and 700, right to a few units of the last place."""
    times = np.rint(power * (1.0 / (LN2_HIGH + LN2_LOW)))
    rest = power - times * LN2_HIGH
    rest = rest - times * LN2_LOW
    found = np.ones_like(rest)
    for term in range(EXP_TERMS, 0, -1):
        found = found * rest
        found = found / float(term)
        found = found + 1.0
    scaled: Floats = np.ldexp(found, times.astype(np.int32))
    return scaled


def log(number: Floats) -> Floats:
    """Natural logarithm of positive numbers, right to a few units of the last place."""
    part, power = np.frexp(number)
    small = part < ROOT_HALF
    part = np.where(small, part * 2.0, part)
    times = (power - small).astype(np.float64)
    slope = (part - 1.0) / (part + 1.0)
    squared = slope * slope
    series = np.zeros_like(slope)
    for term in range(LOG_TERMS, -1, -1):
        series = series * squared
        series = series + 1.0 / float(2 * term + 1)
    found: Floats = times * LN2_LOW + 2.0 * slope * series
    return found + times * LN2_HIGH
