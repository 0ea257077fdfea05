"""Fields of typed records: how each kind of value is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeVar

from tallystick.client.rates import DailyRate, HourlyRate, YearlyRate
from tallystick.client.records import Field, Maybe, Record

T = TypeVar("T")
U = TypeVar("U")
W = TypeVar("W", bound=str)
R = TypeVar("R", bound=Record)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


# ---- how a scalar is read


class _Texts:
    def read(self, sent: Any) -> str:
        # A number where the contract has text survives as text.
        return sent if isinstance(sent, str) else str(sent)


class _Decimals:
    def read(self, sent: Any) -> Decimal:
        if isinstance(sent, bool) or not isinstance(sent, str | int):
            raise ValueError(f"{type(sent).__name__} is no decimal text")
        return Decimal(sent)


class _Wholes:
    def read(self, sent: Any) -> int:
        if isinstance(sent, bool) or not isinstance(sent, str | int):
            raise ValueError(f"{type(sent).__name__} is no whole number")
        return int(sent)


class _Times:
    def read(self, sent: Any) -> datetime:
        if isinstance(sent, bool) or not isinstance(sent, str | int):
            raise ValueError(f"{type(sent).__name__} is no time")
        return _EPOCH + timedelta(milliseconds=int(sent))


class _Flags:
    def read(self, sent: Any) -> bool:
        if sent not in (True, False, "true", "false"):
            raise ValueError("is neither true nor false")
        return sent in (True, "true")


class _Hourly:
    def read(self, sent: Any) -> HourlyRate:
        return HourlyRate(_Decimals.read(_DECIMALS, sent))


class _Daily:
    def read(self, sent: Any) -> DailyRate:
        return DailyRate(_Decimals.read(_DECIMALS, sent))


class _Yearly:
    def read(self, sent: Any) -> YearlyRate:
        return YearlyRate(_Decimals.read(_DECIMALS, sent))


_DECIMALS: Final = _Decimals()


# ---- scalars


class Text(_Texts, Field[str]):
    """Text, as it was sent."""


class MaybeText(_Texts, Maybe[str]):
    """Text that may be empty."""


class Choice(_Texts, Field[W | str]):
    """One of the declared words, or the text of one that is not declared."""


class MaybeChoice(_Texts, Maybe[W | str]):
    """One of the declared words, or the text of one that is not declared; it may be empty."""


class Amount(_Decimals, Field[Decimal]):
    """Decimal text, exact."""


class MaybeAmount(_Decimals, Maybe[Decimal]):
    """Decimal text that may be empty."""


class Hourly(_Hourly, Field[HourlyRate]):
    """A rate an hour."""


class MaybeHourly(_Hourly, Maybe[HourlyRate]):
    """A rate an hour that may be empty."""


class Daily(_Daily, Field[DailyRate]):
    """A rate a day."""


class MaybeDaily(_Daily, Maybe[DailyRate]):
    """A rate a day that may be empty."""


class Yearly(_Yearly, Field[YearlyRate]):
    """A rate a year."""


class MaybeYearly(_Yearly, Maybe[YearlyRate]):
    """A rate a year that may be empty."""


class Whole(_Wholes, Field[int]):
    """A whole number."""


class MaybeWhole(_Wholes, Maybe[int]):
    """A whole number that may be empty."""


class Time(_Times, Field[datetime]):
    """Unix milliseconds as an aware datetime, in UTC."""


class MaybeTime(_Times, Maybe[datetime]):
    """Unix milliseconds that may be empty."""


class Flag(_Flags, Field[bool]):
    """True or false."""


class MaybeFlag(_Flags, Maybe[bool]):
    """True or false, or absent."""


# ---- what has parts


class Level(NamedTuple):
    """A level of a book: price, size, and the number of orders."""

    price: Decimal
    size: Decimal
    orders: int


class Levels(Field[tuple[Level, ...]]):
    """Levels of one side of a book, the best first."""

    kept = True

    def read(self, sent: Any) -> tuple[Level, ...]:
        return tuple(Level(Decimal(row[0]), Decimal(row[1]), int(row[-1])) for row in sent)


class Words(Field[tuple[str, ...]]):
    """A list of texts."""

    kept = True

    def read(self, sent: Any) -> tuple[str, ...]:
        return tuple(str(item) for item in _list(sent))

    def empty(self, absent: bool) -> tuple[str, ...]:
        return ()


class Objects(Field[tuple[Mapping[str, Any], ...]]):
    """A list of objects without a declared form, as they were sent."""

    def read(self, sent: Any) -> tuple[Mapping[str, Any], ...]:
        return tuple(_list(sent))

    def empty(self, absent: bool) -> tuple[Mapping[str, Any], ...]:
        return ()


class Part(Field[R]):
    """A record inside a record."""

    kept = True

    def __init__(self, record: type[R], name: str = "") -> None:
        super().__init__(name)
        self.record = record

    def read(self, sent: Any) -> R:
        return self.record(sent)


class MaybePart(Maybe[R]):
    """A record inside a record that may be absent."""

    kept = True

    def __init__(self, record: type[R], name: str = "") -> None:
        super().__init__(name)
        self.record = record

    def read(self, sent: Any) -> R:
        return self.record(sent)


class Parts(Field[tuple[R, ...]]):
    """A list of records inside a record."""

    kept = True

    def __init__(self, record: type[R], name: str = "") -> None:
        super().__init__(name)
        self.record = record

    def read(self, sent: Any) -> tuple[R, ...]:
        return tuple(self.record(item) for item in _list(sent))

    def empty(self, absent: bool) -> tuple[R, ...]:
        return ()


def _list(sent: Any) -> list[Any]:
    if not isinstance(sent, list):
        raise ValueError(f"{type(sent).__name__} is no list")
    return sent


# ---- any shape, put together


def text(sent: Any) -> str:
    if not isinstance(sent, str):
        raise ValueError(f"{type(sent).__name__} is no text")
    return sent


def amount(sent: Any) -> Decimal:
    return _DECIMALS.read(sent)


def whole(sent: Any) -> int:
    return _Wholes().read(sent)


def flag(sent: Any) -> bool:
    return _Flags().read(sent)


def anything(sent: Any) -> Any:
    return sent


def moment(sent: Any) -> datetime:
    """An aware datetime of ISO 8601 text."""
    found = datetime.fromisoformat(text(sent))
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found


def listed(read: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    return lambda sent: tuple(read(item) for item in _list(sent))


def paired(first: Callable[[Any], T], second: Callable[[Any], U]) -> Callable[[Any], tuple[T, U]]:
    return lambda sent: (first(_list(sent)[0]), second(sent[1]))


def mapped(read: Callable[[Any], T]) -> Callable[[Any], dict[str, T]]:
    return lambda sent: {name: read(value) for name, value in dict(sent).items()}


class Shaped(Field[T]):
    """A field read by a function that is put together from those above. `default` is what an absent one means."""

    kept = True

    def __init__(self, reader: Callable[[Any], T], name: str = "", default: Any = None) -> None:
        super().__init__(name)
        self.reader = reader
        self.default = default

    def read(self, sent: Any) -> T:
        return self.reader(sent)

    def empty(self, absent: bool) -> T:
        if not absent:
            return self.reader("")
        value: T = super().empty(absent) if self.default is None else self.default
        return value


class MaybeShaped(Maybe[T]):
    """The same, empty or absent."""

    kept = True

    def __init__(self, reader: Callable[[Any], T], name: str = "") -> None:
        super().__init__(name)
        self.reader = reader

    def read(self, sent: Any) -> T:
        return self.reader(sent)
