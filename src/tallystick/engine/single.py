"""Amounts by currency that take little memory while there is one: most accounts and most loans hold one currency.

A dictionary of one amount takes 192 bytes, a `Single` 32, since its class says the currency. Both are read as any
mapping and written to disk alike, so a reader need not know which of them there is. `put` changes them.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias, TypeVar, cast

import msgspec
from msgspec import Struct

from tallystick.engine.sparse import NOTHING

Amounts: TypeAlias = Mapping[str, int]
"""Amounts by currency, read as a mapping and changed by `put`."""
D = TypeVar("D")


class Single(Struct, frozen=True, eq=False, gc=False):
    """Mapping of one currency to its amount. Each currency has a class below this one, with the amount as a field."""

    if TYPE_CHECKING:
        ccy: str
        amount: int

    def __iter__(self) -> Iterator[str]:
        return iter((self.ccy,))

    def __len__(self) -> int:
        return 1

    def __contains__(self, ccy: object) -> bool:
        return ccy == self.ccy

    def __getitem__(self, ccy: str) -> int:
        if ccy != self.ccy:
            raise KeyError(ccy)
        return self.amount

    def get(self, ccy: str, default: D | None = None) -> int | D | None:
        """Amount of a currency, or the default."""
        return self.amount if ccy == self.ccy else default

    def keys(self) -> KeysView[str]:
        """View of its one currency."""
        return {self.ccy: self.amount}.keys()

    def values(self) -> ValuesView[int]:
        """View of its one amount."""
        return {self.ccy: self.amount}.values()

    def items(self) -> ItemsView[str, int]:
        """View of its one pair."""
        return {self.ccy: self.amount}.items()

    def __eq__(self, other: object) -> bool:
        return {self.ccy: self.amount} == (dict(other) if isinstance(other, Single) else other)

    def __ne__(self, other: object) -> bool:
        # That of a record does not ask `__eq__`.
        return not self == other

    def __hash__(self) -> NoReturn:
        raise TypeError("amounts are no key")

    def __repr__(self) -> str:
        return repr({self.ccy: self.amount})

    def __reduce__(self) -> tuple[object, ...]:
        """Copies, also of another process, are of the class of their currency there."""
        return single, (self.ccy, self.amount)


class _Classes(dict[str, Callable[[int], Amounts]]):
    """Classes by currency, each made when it is first asked for: as many as there are coins (`listing.ROWS_MAX`).

    Names of coins are capital letters and digits, which stand in JSON as they are (`listing.COIN_FORM`).
    """

    def __missing__(self, ccy: str) -> Callable[[int], Amounts]:
        made = self[ccy] = cast(
            "Callable[[int], Amounts]",
            msgspec.defstruct(
                "Single",
                [("amount", int)],
                bases=(Single,),
                namespace={"ccy": ccy},
                rename={"amount": ccy},
                frozen=True,
                eq=False,
                gc=False,
            ),
        )
        return made


_CLASSES: Final = _Classes()


def single(ccy: str, amount: int) -> Amounts:
    """One amount."""
    return _CLASSES[ccy](amount)


def put(held: Amounts, ccy: str, amount: int) -> Amounts:
    """Set the amount of a currency, where 0 is none. Returns what stands in the place of `held`, which may be changed.

    Other currencies stay in their order, and a new one is the last.
    """
    if type(held) is dict:
        if amount:
            held[ccy] = amount
        else:
            held.pop(ccy, None)
        return held or NOTHING
    # Its fields are read, as its methods cost more than all the rest, and so does asking for its class.
    one: Any = held
    if held is NOTHING or one.ccy == ccy:
        return single(ccy, amount) if amount else NOTHING
    return {one.ccy: one.amount, ccy: amount} if amount else held


def small(held: Amounts) -> Amounts:
    """The same amounts in their smallest form, which shares nothing that can be changed with what was given."""
    match len(held):
        case 0:
            return NOTHING
        case 1:
            ((ccy, amount),) = held.items()
            return single(ccy, amount)
        case _:
            return dict(held)
