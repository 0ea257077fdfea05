"""Methods of convert.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one
from tallystick.client.history import AsyncHistory, History
from tallystick.client.kinds import AmountLike, Moment
from tallystick.client.walk import Span


class Convert(Half):
    """Endpoints of convert."""

    def convert_currencies(self) -> list[rows.convert.ConvertCurrenciesRow]:
        """Currencies that can be converted. Read permission; 6 in 1 s for a user."""
        return self._run(
            many(call(self._session, contract.convert.CONVERT_CURRENCIES, {}), rows.convert.ConvertCurrenciesRow)
        )

    def convert_currency_pair(
        self, *, fromCcy: str, toCcy: str, convertMode: Literal["0", "1"] | None = None
    ) -> rows.convert.ConvertCurrencyPairRow:
        """Smallest and largest size of one pair. Read permission; 6 in 1 s for a user."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.convert.CONVERT_CURRENCY_PAIR,
                    {"fromCcy": fromCcy, "toCcy": toCcy, "convertMode": convertMode},
                ),
                rows.convert.ConvertCurrencyPairRow,
            )
        )

    def convert_estimate_quote(
        self,
        *,
        baseCcy: str,
        quoteCcy: str,
        side: Literal["buy", "sell"],
        rfqSz: AmountLike,
        rfqSzCcy: str,
        clQReqId: str | None = None,
        tag: str | None = None,
        convertMode: Literal["0", "1"] | None = None,
    ) -> rows.convert.ConvertEstimateQuoteRow:
        """Ask for a price that holds for some seconds.

        Trade permission; 10 in 1 s for a user, 1 in 5 s for a user and instId.
        """
        return self._run(
            one(
                call(
                    self._session,
                    contract.convert.CONVERT_ESTIMATE_QUOTE,
                    {
                        "baseCcy": baseCcy,
                        "quoteCcy": quoteCcy,
                        "side": side,
                        "rfqSz": rfqSz,
                        "rfqSzCcy": rfqSzCcy,
                        "clQReqId": clQReqId,
                        "tag": tag,
                        "convertMode": convertMode,
                    },
                ),
                rows.convert.ConvertEstimateQuoteRow,
            )
        )

    def convert_trade(
        self,
        *,
        quoteId: str,
        baseCcy: str,
        quoteCcy: str,
        side: Literal["buy", "sell"],
        sz: AmountLike,
        szCcy: str,
        clTReqId: str | None = None,
        tag: str | None = None,
        convertMode: Literal["0", "1"] | None = None,
    ) -> rows.convert.ConvertTradeRow:
        """Trade against a quote. Trade permission; 10 in 1 s for a user, 1 in 5 s for a user and side."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.convert.CONVERT_TRADE,
                    {
                        "quoteId": quoteId,
                        "baseCcy": baseCcy,
                        "quoteCcy": quoteCcy,
                        "side": side,
                        "sz": sz,
                        "szCcy": szCcy,
                        "clTReqId": clTReqId,
                        "tag": tag,
                        "convertMode": convertMode,
                    },
                ),
                rows.convert.ConvertTradeRow,
            )
        )

    def convert_history(
        self,
        *,
        clTReqId: str | None = None,
        tag: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.convert.ConvertHistoryRow]:
        """Converts made, newest first. Read permission; 6 in 1 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.convert.CONVERT_HISTORY,
            {"clTReqId": clTReqId, "tag": tag},
            rows.convert.ConvertHistoryRow,
            span,
        )


class AsyncConvert(AsyncHalf):
    """Endpoints of convert, awaited."""

    async def convert_currencies(self) -> list[rows.convert.ConvertCurrenciesRow]:
        """Currencies that can be converted. Read permission; 6 in 1 s for a user."""
        return await self._run(
            many(call(self._session, contract.convert.CONVERT_CURRENCIES, {}), rows.convert.ConvertCurrenciesRow)
        )

    async def convert_currency_pair(
        self, *, fromCcy: str, toCcy: str, convertMode: Literal["0", "1"] | None = None
    ) -> rows.convert.ConvertCurrencyPairRow:
        """Smallest and largest size of one pair. Read permission; 6 in 1 s for a user."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.convert.CONVERT_CURRENCY_PAIR,
                    {"fromCcy": fromCcy, "toCcy": toCcy, "convertMode": convertMode},
                ),
                rows.convert.ConvertCurrencyPairRow,
            )
        )

    async def convert_estimate_quote(
        self,
        *,
        baseCcy: str,
        quoteCcy: str,
        side: Literal["buy", "sell"],
        rfqSz: AmountLike,
        rfqSzCcy: str,
        clQReqId: str | None = None,
        tag: str | None = None,
        convertMode: Literal["0", "1"] | None = None,
    ) -> rows.convert.ConvertEstimateQuoteRow:
        """Ask for a price that holds for some seconds.

        Trade permission; 10 in 1 s for a user, 1 in 5 s for a user and instId.
        """
        return await self._run(
            one(
                call(
                    self._session,
                    contract.convert.CONVERT_ESTIMATE_QUOTE,
                    {
                        "baseCcy": baseCcy,
                        "quoteCcy": quoteCcy,
                        "side": side,
                        "rfqSz": rfqSz,
                        "rfqSzCcy": rfqSzCcy,
                        "clQReqId": clQReqId,
                        "tag": tag,
                        "convertMode": convertMode,
                    },
                ),
                rows.convert.ConvertEstimateQuoteRow,
            )
        )

    async def convert_trade(
        self,
        *,
        quoteId: str,
        baseCcy: str,
        quoteCcy: str,
        side: Literal["buy", "sell"],
        sz: AmountLike,
        szCcy: str,
        clTReqId: str | None = None,
        tag: str | None = None,
        convertMode: Literal["0", "1"] | None = None,
    ) -> rows.convert.ConvertTradeRow:
        """Trade against a quote. Trade permission; 10 in 1 s for a user, 1 in 5 s for a user and side."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.convert.CONVERT_TRADE,
                    {
                        "quoteId": quoteId,
                        "baseCcy": baseCcy,
                        "quoteCcy": quoteCcy,
                        "side": side,
                        "sz": sz,
                        "szCcy": szCcy,
                        "clTReqId": clTReqId,
                        "tag": tag,
                        "convertMode": convertMode,
                    },
                ),
                rows.convert.ConvertTradeRow,
            )
        )

    def convert_history(
        self,
        *,
        clTReqId: str | None = None,
        tag: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.convert.ConvertHistoryRow]:
        """Converts made, newest first. Read permission; 6 in 1 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.convert.CONVERT_HISTORY,
            {"clTReqId": clTReqId, "tag": tag},
            rows.convert.ConvertHistoryRow,
            span,
        )
