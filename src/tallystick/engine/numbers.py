"""Numbers that begin with the time, for orders and loans, rows and converts, and postings.

Numbers of each kind rise, even if many are given in one millisecond. They fit 63 bits until `END_MS`, the end of a
venue's time.
"""

from __future__ import annotations

from typing import Final

from tallystick.engine.state import State

END_MS: Final = 4_133_980_800_000
"""End of a venue's time, exclusive: 2101-01-01 00:00 UTC."""

ORDER_EPOCH_MS: Final = 1_672_502_400_000
"""Epoch of order numbers: 2023-01-01 00:00 UTC+8."""
ORDER_SHIFT: Final = 25
LATER_MS: Final = 1_924_992_000_000
"""Start of the later form of order numbers, which grow 128 times as slowly: 2031-01-01 00:00 UTC."""
LATER_SHIFT: Final = 18
_LATER_BASE: Final = (LATER_MS - ORDER_EPOCH_MS) << ORDER_SHIFT

ROWS_PER_MS: Final = 10_000
POSTINGS_PER_MS: Final = 1_000_000
HOURLY_POSTINGS: Final = 1_000
"""Posting numbers of each millisecond that are reserved for events of the hour alone."""


def next_order_id(state: State, at_ms: int, user_id: int) -> int:
    """Number of an order: milliseconds since 2023 and 25 bits of the user (observed in the one-click sample).

    In that form the milliseconds pass 63 bits in September 2031, so from 2031 on they have 18 bits of the user
    behind them instead (chosen: decisions/002).
    """
    if at_ms < LATER_MS:
        wanted = ((at_ms - ORDER_EPOCH_MS) << ORDER_SHIFT) + user_id % (1 << ORDER_SHIFT)
    else:
        wanted = _LATER_BASE + ((at_ms - LATER_MS) << LATER_SHIFT) + user_id % (1 << LATER_SHIFT)
    return max(wanted, state.last_order_id + 1)


def next_loan_id(state: State, at_ms: int) -> int:
    """Number of a flexible loan, made as an order number."""
    return max(next_order_id(state, at_ms, 0), state.last_loan_id + 1)


def next_ref_id(state: State, at_ms: int, seq: int) -> int:
    """Reference of a row: 13 digits of Unix milliseconds, 4 of the command's number (observed: 17316594851045086)."""
    return max(at_ms * ROWS_PER_MS + seq % ROWS_PER_MS, state.last_ref_id + 1)


def next_convert_id(state: State, at_ms: int, seq: int) -> int:
    """Digits of the id of a quote or a convert trade, made as a reference (observed: 16461885104612381)."""
    return max(at_ms * ROWS_PER_MS + seq % ROWS_PER_MS, state.last_convert_id + 1)


def next_posting_id(state: State, at_ms: int) -> int:
    """Number of the first posting of an entry; the others follow one by one."""
    return max(state.last_posting_id + 1, at_ms * POSTINGS_PER_MS + HOURLY_POSTINGS)
