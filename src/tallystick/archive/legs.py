"""Halves of trades and of transfers, held until the other half comes, or until it can no longer come."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from tallystick.archive.bills import EXACT

if TYPE_CHECKING:
    from tallystick.archive.moves import Move

APART_MS: Final = 5_000
"""The two bills of a transfer are told by two services; those of a trade have one time."""
Key: TypeAlias = tuple[str, ...]


class Leg(Struct, frozen=True):
    """One bill: how much the coin changed, what it was before the fee, and the move that it is by itself."""

    at_ms: int
    ccy: str
    change: Decimal
    gross: Decimal
    fee: Decimal
    alone: Move


class Legs:
    """Legs that wait. Those of a trade are let go once time has passed on, those of a transfer after `APART_MS`."""

    def __init__(self) -> None:
        self.trades: dict[Key, list[Leg]] = {}
        self.transfers: dict[Key, list[Leg]] = {}
        self.now_ms = 0

    def trade(self, key: Key, leg: Leg) -> Iterator[Move]:
        """The trade that this leg makes whole; nothing while it waits."""
        waiting = self.trades.setdefault(key, [])
        for other in waiting:
            if other.ccy != leg.ccy and (other.change < 0) != (leg.change < 0):
                waiting.remove(other)
                yield _traded(leg, other) if leg.change > 0 else _traded(other, leg)
                return
        waiting.append(leg)

    def transfer(self, kind: str, leg: Leg) -> None:
        """Take one half of a transfer; with its other half it is no move."""
        other = self.transfers.get((_other(kind), leg.ccy, _text(leg.change.copy_negate())))
        if other:
            other.pop(0)
        else:
            self.transfers.setdefault((kind, leg.ccy, _text(leg.change)), []).append(leg)

    def before(self, at_ms: int) -> Iterator[Move]:
        """Moves of legs whose other half can no longer come once it is this late."""
        if at_ms > self.now_ms:
            self.now_ms = at_ms
            yield from _let_go(self.trades, at_ms)
            yield from _let_go(self.transfers, at_ms - APART_MS)

    def rest(self) -> Iterator[Move]:
        """Moves of all legs that are left at the end."""
        yield from _let_go(self.trades, self.now_ms + 1)
        yield from _let_go(self.transfers, self.now_ms + 1)


def _text(change: Decimal) -> str:
    return f"{change.normalize(EXACT):f}"


def _other(kind: str) -> str:
    return "funding" if kind == "trading" else "trading"


def _let_go(waiting: dict[Key, list[Leg]], at_ms: int) -> Iterator[Move]:
    for key in [key for key, legs in waiting.items() if not legs or legs[0].at_ms < at_ms]:
        late = [leg for leg in waiting[key] if leg.at_ms < at_ms]
        yield from (leg.alone for leg in late)
        waiting[key] = waiting[key][len(late) :]
        if not waiting[key]:
            del waiting[key]


def _traded(came: Leg, went: Leg) -> Move:
    sent, received = went.alone.sent, came.alone.received
    if sent is None or received is None:
        raise TypeError("a trade has a leg that came and one that went")
    return came.alone._replace(
        kind="trade",
        sent=sent,
        received=received._replace(amount=came.gross),
        fee=received._replace(amount=came.fee) if came.fee else None,
    )
