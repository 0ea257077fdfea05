"""Bugs by name, planted into the client: each is one that the suite is shown to catch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from tallystick.client import files, flows, walk
from tallystick.client.clock import fresh_id
from tallystick.client.safe import by_hand, intents, loans, one_click, reading


class Plant(NamedTuple):
    """A function in place of another: `owner.name` becomes what `made` makes of it."""

    owner: Any
    name: str
    made: Callable[[Any], Any]

    def plant(self) -> None:
        setattr(self.owner, self.name, self.made(getattr(self.owner, self.name)))

    @contextmanager
    def planted(self) -> Iterator[None]:
        right = getattr(self.owner, self.name)
        self.plant()
        try:
            yield
        finally:
            setattr(self.owner, self.name, right)


def _with_float(amount: Any) -> Any:
    return lambda row, name, endpoint: Decimal(str(float(amount(row, name, endpoint))))


def _written_later(write_new: Any) -> Any:
    """The intent is only remembered, and reaches the disk when it is removed: after sending."""

    def write(kept: files.Kept, name: str, content: bytes) -> bool:
        files.private_folder(kept.folder)
        return not (kept.folder / (name + kept.SUFFIX)).exists()

    return write


class Unsynced:
    """`os`, but nothing is synced."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def fsync(self, descriptor: int) -> None:
        """Sync nothing."""


def _unsynced(right: Any) -> Any:
    return Unsynced()


def _given_again(unknown: Any) -> Any:
    """Rows at the edge of a page are not known again, as if the cursor excluded them."""
    return lambda walk, rows: rows


def _nothing_moves(moves: Any) -> Any:
    return lambda endpoint: False


def _at_once(closed: Any) -> Any:
    return lambda session, intent, clock_ms: True


def _nothing_before(counted: Any) -> Any:
    return lambda rows, endpoint: {}


def _always_filled(ended: Any) -> Any:
    """A run that is over has repaid everything."""

    def wrong(runs: Any, left: Decimal) -> Any:
        return ended(runs, Decimal(0))

    return wrong


def _first_alone(total: Any) -> Any:
    """Of several runs one counts."""
    return lambda amounts: total(list(amounts)[:1])


def _cents_are_nothing(left_of: Any) -> Any:
    def wrong(session: Any, ccy: str) -> Any:
        left = yield from left_of(session, ccy)
        return left if left > Decimal("0.01") else Decimal(0)

    return wrong


def _another_number(call: Any) -> Any:
    def wrong(session: Any, endpoint: Any, fields: Any = MappingProxyType({}), **options: Any) -> Any:
        return call(session, endpoint, {**fields, "clOrdId": fresh_id()} if "clOrdId" in fields else fields, **options)

    return wrong


PLANTS: Final[dict[str, Plant]] = {
    "a write is repeated on 50004": Plant(flows, "moves", _nothing_moves),
    "an intent is written after sending": Plant(files.Kept, "write_new", _written_later),
    "an intent is not synced": Plant(files, "os", _unsynced),
    "an inclusive cursor is taken for exclusive": Plant(walk.Walk, "_unknown", _given_again),
    "a decimal goes by way of a float": Plant(reading, "amount", _with_float),
    "not repaid is said within the window": Plant(intents, "closed", _at_once),
    "a run that is over has repaid everything": Plant(one_click, "_ended", _always_filled),
    "a rest of a cent is nothing": Plant(reading, "left_of", _cents_are_nothing),
    "a loan is asked for again under another number": Plant(loans, "call", _another_number),
    "two rows of a repayment by hand count once": Plant(by_hand, "total", _first_alone),
    "runs from before count as one's own": Plant(one_click, "counted", _nothing_before),
}
