"""Rates that say their period: decimals of a type each for the hour, the day and the year."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import ClassVar, Final

_EXACT: Final = Context(prec=60)
HOURS_A_DAY: Final = 24
DAYS_A_YEAR: Final = 365
"""As the exchange counts (docs/rules/interest.md): a year has 8,760 hours."""


class Rate(Decimal):
    """A rate as the exchange sent it, a fraction a `period`. It computes as the decimal it is."""

    __slots__ = ()
    period: ClassVar[str]
    hours: ClassVar[int]

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{self}')"

    @property
    def hourly(self) -> HourlyRate:
        """The same rate an hour, to 60 digits."""
        return HourlyRate(_EXACT.divide(self, Decimal(self.hours)))

    @property
    def daily(self) -> DailyRate:
        """The same rate a day, to 60 digits."""
        return DailyRate(_EXACT.divide(_EXACT.multiply(self, Decimal(HOURS_A_DAY)), Decimal(self.hours)))

    @property
    def yearly(self) -> YearlyRate:
        """The same rate a year of 365 days, not compounded, to 60 digits."""
        hours = Decimal(HOURS_A_DAY * DAYS_A_YEAR)
        return YearlyRate(_EXACT.divide(_EXACT.multiply(self, hours), Decimal(self.hours)))


class HourlyRate(Rate):
    """A rate an hour."""

    __slots__ = ()
    period = "hour"
    hours = 1


class DailyRate(Rate):
    """A rate a day."""

    __slots__ = ()
    period = "day"
    hours = HOURS_A_DAY


class YearlyRate(Rate):
    """A rate a year."""

    __slots__ = ()
    period = "year"
    hours = HOURS_A_DAY * DAYS_A_YEAR
