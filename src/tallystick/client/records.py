"""Typed records over the rows as they were sent.

A record keeps the row with its texts (`raw`) and turns a field into its type when it is asked for: amounts into
`Decimal`, times into aware `datetime`s, rates into decimals of their period, `""` into None where a field may be
empty. What the exchange sends beyond the declared fields stands under `extra`, and a value of an enumeration that
is not declared stays the text it is. A field that cannot be read raises `BadAnswer`; its row's other fields do not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from decimal import InvalidOperation
from typing import Any, ClassVar, Final, Generic, Self, TypeVar, overload

from tallystick.client.errors import BadAnswer
from tallystick.client.undecoded import Undecoded

T = TypeVar("T")

_ABSENT: Final = object()


class Record:
    """A row of an answer. `raw` is the row as it was sent; records are equal where their rows are.

    Rows of a history come as JSON and are decoded when one of their fields is asked for.
    """

    __slots__ = ("_made", "_sent")

    declared: ClassVar[dict[str, str]] = {}
    """Names of the declared fields on the wire, by their names here."""
    places: ClassVar[tuple[str, ...]] = ()
    """Of rows that are sent as lists: the names in the order of the list."""

    def __init__(self, raw: object) -> None:
        self._made: dict[str, Any] | None = None
        if type(raw) is tuple or (type(raw) is dict and not self.places):
            self._sent: Mapping[str, Any] | Undecoded = raw
        else:
            self._sent = self._named(raw)

    @property
    def raw(self) -> Mapping[str, Any]:
        """The row as it was sent."""
        sent = self._sent
        if isinstance(sent, tuple):
            page, number = sent
            sent = self._sent = self._named(page.row(number))
        return sent

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.declared = {
            attribute: field.name
            for owner in reversed(cls.__mro__)
            for attribute, field in vars(owner).items()
            if isinstance(field, Field)
        }

    @classmethod
    def _named(cls, raw: object) -> Mapping[str, Any]:
        """The row as an object. A list gets the names of its places, what is beyond them its numbers."""
        if cls.places and isinstance(raw, list):
            return {cls.places[n] if n < len(cls.places) else str(n): value for n, value in enumerate(raw)}
        if not isinstance(raw, dict):
            raise BadAnswer(f"a row of {cls.__name__} is {type(raw).__name__}, not an object", sample=repr(raw)[:200])
        return raw

    @property
    def extra(self) -> dict[str, Any]:
        """Fields that are not declared, as they were sent."""
        known = set(self.declared.values())
        return {name: value for name, value in self.raw.items() if name not in known}

    def made(self, name: str) -> Any:
        """The value of a field that was read before, or a mark that there is none."""
        return _ABSENT if self._made is None else self._made.get(name, _ABSENT)

    def keep(self, name: str, value: object) -> None:
        self._made = {**(self._made or {}), name: value}

    def items(self) -> Iterator[tuple[str, Any]]:
        """(name, value) of every declared field that was sent, in declared order."""
        for attribute, name in self.declared.items():
            if name in self.raw:
                yield attribute, getattr(self, attribute)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Record) and other.raw == self.raw

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.raw.items())})"

    def __reduce__(self) -> tuple[type[Self], tuple[object]]:
        return type(self), (dict(self.raw),)


class Field(ABC, Generic[T]):
    """A field of a record: its text read as `T`. Subclasses say how.

    Raises BadAnswer on reading: absent or empty though it is declared as neither, or another form than declared.
    """

    kept: ClassVar[bool] = False
    """True where reading is dear, so that the record keeps the value."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def __set_name__(self, owner: type[Record], attribute: str) -> None:
        self.name = self.name or attribute

    @overload
    def __get__(self, row: None, owner: type[Record]) -> Self: ...
    @overload
    def __get__(self, row: Record, owner: type[Record]) -> T: ...
    def __get__(self, row: Record | None, owner: type[Record]) -> Self | T:
        if row is None:
            return self
        if self.kept and (made := row.made(self.name)) is not _ABSENT:
            kept: T = made
            return kept
        sent = row.raw.get(self.name, _ABSENT)
        try:
            if sent is _ABSENT or sent is None or sent == "":
                return self.empty(sent is _ABSENT)
            value = self.read(sent)
        except (ValueError, TypeError, InvalidOperation, OverflowError) as fault:
            raise BadAnswer(
                f"{owner.__name__}.{self.name}: {fault or type(fault).__name__}",
                sample="" if sent is _ABSENT else repr(sent)[:200],
                hint="row.raw has the text of every field.",
            ) from None
        if self.kept:
            row.keep(self.name, value)
        return value

    @abstractmethod
    def read(self, sent: Any) -> T:
        """The value of what was sent. Raises ValueError or TypeError where it cannot be read."""

    def empty(self, absent: bool) -> T:
        """The value of an empty or absent field."""
        raise ValueError("was not sent" if absent else "is empty, though it never is by the contract")


class Maybe(Field[T | None]):
    """A field that may be empty or absent: then it is None."""

    def empty(self, absent: bool) -> T | None:
        return None
