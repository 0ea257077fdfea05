"""Screen in machine code, by numba (the extra `lab-fast`): the same verdicts as `screen.Screen.codes`, but faster.

Sums may be added up in another order, which the margin covers: a loan may be a doubt here and not there, and whole
numbers decide it either way. Source: chosen (decisions/058).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from tallystick.lab.columns import LINE_CUT, Columns
from tallystick.lab.draws import Floats
from tallystick.lab.panels import Places
from tallystick.lab.screen import CALLED, DOUBT, DUE, LINES, SAFE, TINY_USD, Codes, Rules


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function; what is compiled is kept beside it, or in the user's folder, where one can be written."""
    try:
        made: Callable[..., Any] = njit(function, cache=True, error_model="numpy", nogil=True)
    except RuntimeError:
        made = njit(function, error_model="numpy", nogil=True)
    return made


def codes(columns: Columns, owed: Floats, usd: Floats, path: Places, places: Places, rules: Rules) -> Codes:
    """Verdicts on loans, see `Screen.codes`; `places` are those of the price of each moment, an hour a row."""
    found = np.zeros((owed.shape[1], *places.shape), dtype=np.int8)
    _judge(tuple(columns), owed, usd, path, places=places, rules=tuple(rules), found=found)
    return found


@_compiled
def _judge(columns: Any, owed: Any, usd: Any, path: Any, places: Any, rules: Any, found: Any) -> None:
    amount, counted, called, _, within, e_mode, coin, _ = columns
    count, layers, hours = amount.shape[0], coin.shape[0], places.shape[0]
    prices = usd.shape[1]
    lines = np.empty((prices, 4))
    for row in range(count):
        quoted = usd[path[row]]
        weights = (amount[row], counted[row], called[row], within[row])
        _price(weights, quoted, e_mode[row], rules, lines)
        for hour in range(hours):
            for place in range(places.shape[1]):
                price = places[hour, place]
                due = 0.0
                for layer in range(layers):
                    due += owed[layer, row, hour] * quoted[price, coin[layer, row]]
                if due + rules[7] <= lines[price, 0]:
                    continue
                first, second, near = lines[price, 1], lines[price, 2], lines[price, 3]
                code = SAFE
                if due >= second:
                    code = DUE
                elif due >= first:
                    code = CALLED
                if rules[6] and (min(abs(due - first), abs(due - second)) <= near or due < TINY_USD):
                    code = DOUBT
                found[row, hour, place] = code


@_compiled
def _price(weights: Any, quoted: Any, e_mode: bool, rules: Any, lines: Any) -> None:
    """Lines of one loan at each price: what is safe for certain, called and due from, and how near is a doubt."""
    amount, counted, called, within = weights
    initial, liquidation, gap, e_initial, e_called, e_due, margin, _ = rules
    for price in range(quoted.shape[0]):
        value, counts, one, other, least = 0.0, 0.0, 0.0, 0.0, np.inf
        for coin in range(quoted.shape[1]):
            usd = quoted[price, coin]
            value += amount[coin] * usd
            counts += counted[coin] * usd
            one += called[coin] * usd
            other += within[coin] * usd
            least = min(least, usd)
        near = margin
        if e_mode:
            first, second, room = e_called * value, e_due * value, e_initial * value
        else:
            share, edge = counts / value, LINES * margin
            low, high = share / initial * LINES, share / liquidation * LINES
            low_rest, high_rest = low - np.floor(low), high - np.floor(high)
            if min(low_rest, high_rest) <= edge or max(low_rest, high_rest) >= 1.0 - edge:
                near = 1.1 * LINE_CUT
            line = np.floor(high) / LINES
            first, second, room = max(np.floor(low) / LINES, line - gap) * value, line * value, counts / initial
        near *= value
        if margin and (value < TINY_USD or least < TINY_USD):
            near = np.inf
        lines[price, 0] = -1.0 if least < TINY_USD else max(one, other)
        lines[price, 1], lines[price, 2], lines[price, 3] = max(first, room), max(second, room), near
