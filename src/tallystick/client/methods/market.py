"""Methods of market.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one


class Market(Half):
    """Endpoints of market."""

    def instruments(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        seriesId: str | None = None,
        uly: str | None = None,
        instFamily: str | None = None,
        instId: str | None = None,
    ) -> list[rows.market.InstrumentsRow]:
        """Instruments that can be traded. Public; 20 in 2 s for an address and instType."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.market.INSTRUMENTS,
                    {
                        "instType": instType,
                        "seriesId": seriesId,
                        "uly": uly,
                        "instFamily": instFamily,
                        "instId": instId,
                    },
                ),
                rows.market.InstrumentsRow,
            )
        )

    def time(self) -> rows.market.TimeRow:
        """The venue's clock. Public; 10 in 2 s for an address."""
        return self._run(one(call(self._session, contract.market.TIME, {}), rows.market.TimeRow))

    def tickers(
        self,
        *,
        instType: Literal["SPOT", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        uly: str | None = None,
        instFamily: str | None = None,
    ) -> list[rows.market.TickerRow]:
        """Last price, best quotes and 24 hour figures of all instruments.

        Public; 20 in 2 s for an address.
        """
        return self._run(
            many(
                call(
                    self._session, contract.market.TICKERS, {"instType": instType, "uly": uly, "instFamily": instFamily}
                ),
                rows.market.TickerRow,
            )
        )

    def ticker(self, *, instId: str) -> rows.market.TickerRow:
        """Last price, best quotes and 24 hour figures of one instrument.

        Public; 20 in 2 s for an address.
        """
        return self._run(one(call(self._session, contract.market.TICKER, {"instId": instId}), rows.market.TickerRow))

    def books(self, *, instId: str, sz: int | None = None) -> rows.market.BooksRow:
        """The order book of one instrument. Public; 40 in 2 s for an address."""
        return self._run(
            one(call(self._session, contract.market.BOOKS, {"instId": instId, "sz": sz}), rows.market.BooksRow)
        )

    def books_full(self, *, instId: str, sz: int | None = None) -> rows.market.BooksFullRow:
        """The whole order book of one instrument. Public; 10 in 2 s for an address."""
        return self._run(
            one(call(self._session, contract.market.BOOKS_FULL, {"instId": instId, "sz": sz}), rows.market.BooksFullRow)
        )

    def books_lite(self, *, instId: str) -> rows.market.BooksLiteRow:
        """The best 25 levels, as an older API had them. Public; 6 in 1 s for an address."""
        return self._run(
            one(call(self._session, contract.market.BOOKS_LITE, {"instId": instId}), rows.market.BooksLiteRow)
        )

    def books_rpi(self, *, instId: str, sz: int | None = None) -> rows.market.BooksRpiRow:
        """The order book with retail price improvement, of which there is none.

        Public; 20 in 2 s for an address.
        """
        return self._run(
            one(call(self._session, contract.market.BOOKS_RPI, {"instId": instId, "sz": sz}), rows.market.BooksRpiRow)
        )


class AsyncMarket(AsyncHalf):
    """Endpoints of market, awaited."""

    async def instruments(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        seriesId: str | None = None,
        uly: str | None = None,
        instFamily: str | None = None,
        instId: str | None = None,
    ) -> list[rows.market.InstrumentsRow]:
        """Instruments that can be traded. Public; 20 in 2 s for an address and instType."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.market.INSTRUMENTS,
                    {
                        "instType": instType,
                        "seriesId": seriesId,
                        "uly": uly,
                        "instFamily": instFamily,
                        "instId": instId,
                    },
                ),
                rows.market.InstrumentsRow,
            )
        )

    async def time(self) -> rows.market.TimeRow:
        """The venue's clock. Public; 10 in 2 s for an address."""
        return await self._run(one(call(self._session, contract.market.TIME, {}), rows.market.TimeRow))

    async def tickers(
        self,
        *,
        instType: Literal["SPOT", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        uly: str | None = None,
        instFamily: str | None = None,
    ) -> list[rows.market.TickerRow]:
        """Last price, best quotes and 24 hour figures of all instruments.

        Public; 20 in 2 s for an address.
        """
        return await self._run(
            many(
                call(
                    self._session, contract.market.TICKERS, {"instType": instType, "uly": uly, "instFamily": instFamily}
                ),
                rows.market.TickerRow,
            )
        )

    async def ticker(self, *, instId: str) -> rows.market.TickerRow:
        """Last price, best quotes and 24 hour figures of one instrument.

        Public; 20 in 2 s for an address.
        """
        return await self._run(
            one(call(self._session, contract.market.TICKER, {"instId": instId}), rows.market.TickerRow)
        )

    async def books(self, *, instId: str, sz: int | None = None) -> rows.market.BooksRow:
        """The order book of one instrument. Public; 40 in 2 s for an address."""
        return await self._run(
            one(call(self._session, contract.market.BOOKS, {"instId": instId, "sz": sz}), rows.market.BooksRow)
        )

    async def books_full(self, *, instId: str, sz: int | None = None) -> rows.market.BooksFullRow:
        """The whole order book of one instrument. Public; 10 in 2 s for an address."""
        return await self._run(
            one(call(self._session, contract.market.BOOKS_FULL, {"instId": instId, "sz": sz}), rows.market.BooksFullRow)
        )

    async def books_lite(self, *, instId: str) -> rows.market.BooksLiteRow:
        """The best 25 levels, as an older API had them. Public; 6 in 1 s for an address."""
        return await self._run(
            one(call(self._session, contract.market.BOOKS_LITE, {"instId": instId}), rows.market.BooksLiteRow)
        )

    async def books_rpi(self, *, instId: str, sz: int | None = None) -> rows.market.BooksRpiRow:
        """The order book with retail price improvement, of which there is none.

        Public; 20 in 2 s for an address.
        """
        return await self._run(
            one(call(self._session, contract.market.BOOKS_RPI, {"instId": instId, "sz": sz}), rows.market.BooksRpiRow)
        )
