"""Methods of easy convert.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one
from tallystick.client.history import AsyncHistory, History
from tallystick.client.kinds import Moment
from tallystick.client.walk import Span


class EasyConvert(Half):
    """Endpoints of easy convert."""

    def easy_convert_currency_list(
        self, *, source: Literal["1", "2"] | None = None
    ) -> rows.easy_convert.EasyConvertCurrencyListRow:
        """Small balances that can be converted, and into what. Read permission; 1 in 2 s for a user."""
        return self._run(
            one(
                call(self._session, contract.easy_convert.EASY_CONVERT_CURRENCY_LIST, {"source": source}),
                rows.easy_convert.EasyConvertCurrencyListRow,
            )
        )

    def easy_convert(
        self, *, fromCcy: list[str] | tuple[str, ...], toCcy: str, source: Literal["1", "2"] | None = None
    ) -> list[rows.easy_convert.EasyConvertRow]:
        """Convert small balances into one main coin. Trade permission; 1 in 2 s for a user."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.easy_convert.EASY_CONVERT,
                    {"fromCcy": fromCcy, "toCcy": toCcy, "source": source},
                ),
                rows.easy_convert.EasyConvertRow,
            )
        )

    def easy_convert_history(
        self, *, since: Moment | None = None, until: Moment | None = None, position: str | None = None
    ) -> History[rows.easy_convert.EasyConvertHistoryRow]:
        """Small balances converted in the last seven days. Read permission; 1 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self, contract.easy_convert.EASY_CONVERT_HISTORY, {}, rows.easy_convert.EasyConvertHistoryRow, span
        )


class AsyncEasyConvert(AsyncHalf):
    """Endpoints of easy convert, awaited."""

    async def easy_convert_currency_list(
        self, *, source: Literal["1", "2"] | None = None
    ) -> rows.easy_convert.EasyConvertCurrencyListRow:
        """Small balances that can be converted, and into what. Read permission; 1 in 2 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.easy_convert.EASY_CONVERT_CURRENCY_LIST, {"source": source}),
                rows.easy_convert.EasyConvertCurrencyListRow,
            )
        )

    async def easy_convert(
        self, *, fromCcy: list[str] | tuple[str, ...], toCcy: str, source: Literal["1", "2"] | None = None
    ) -> list[rows.easy_convert.EasyConvertRow]:
        """Convert small balances into one main coin. Trade permission; 1 in 2 s for a user."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.easy_convert.EASY_CONVERT,
                    {"fromCcy": fromCcy, "toCcy": toCcy, "source": source},
                ),
                rows.easy_convert.EasyConvertRow,
            )
        )

    def easy_convert_history(
        self, *, since: Moment | None = None, until: Moment | None = None, position: str | None = None
    ) -> AsyncHistory[rows.easy_convert.EasyConvertHistoryRow]:
        """Small balances converted in the last seven days. Read permission; 1 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self, contract.easy_convert.EASY_CONVERT_HISTORY, {}, rows.easy_convert.EasyConvertHistoryRow, span
        )
