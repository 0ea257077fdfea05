"""Methods of trades.

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


class Trades(Half):
    """Endpoints of trades."""

    def trades(self, *, instId: str, limit: int | None = None) -> list[rows.trades.TradesRow]:
        """The latest trades of one instrument. Public; 100 in 2 s for an address."""
        return self._run(
            many(call(self._session, contract.trades.TRADES, {"instId": instId, "limit": limit}), rows.trades.TradesRow)
        )

    def history_trades(
        self, *, instId: str, since: Moment | None = None, until: Moment | None = None, position: str | None = None
    ) -> History[rows.trades.TradesRow]:
        """Trades of one instrument in the last three months. Public; 20 in 2 s for an address."""
        span = Span(since, until, position)
        return History(
            self, contract.trades.HISTORY_TRADES, {"instId": instId, "type": "1"}, rows.trades.TradesRow, span
        )

    def platform_volume(self) -> rows.trades.PlatformVolumeRow:
        """Turnover of all instruments in 24 hours. Public; 2 in 2 s for an address."""
        return self._run(one(call(self._session, contract.trades.PLATFORM_VOLUME, {}), rows.trades.PlatformVolumeRow))

    def block_tickers(
        self,
        *,
        instType: Literal["SPOT", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        uly: str | None = None,
        instFamily: str | None = None,
    ) -> list[rows.trades.BlockTickersRow]:
        """Block trading of all instruments, of which there is none. Public; 20 in 2 s for an address."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.trades.BLOCK_TICKERS,
                    {"instType": instType, "uly": uly, "instFamily": instFamily},
                ),
                rows.trades.BlockTickersRow,
            )
        )

    def block_ticker(self, *, instId: str) -> list[rows.trades.BlockTickersRow]:
        """Block trading of one instrument, of which there is none. Public; 20 in 2 s for an address."""
        return self._run(
            many(call(self._session, contract.trades.BLOCK_TICKER, {"instId": instId}), rows.trades.BlockTickersRow)
        )

    def block_trades(self, *, instId: str) -> list[rows.trades.BlockTradesRow]:
        """Block trades, of which there are none. Public; 20 in 2 s for an address."""
        return self._run(
            many(call(self._session, contract.trades.BLOCK_TRADES, {"instId": instId}), rows.trades.BlockTradesRow)
        )

    def call_auction(self, *, instId: str) -> list[rows.trades.CallAuctionRow]:
        """Call auctions, of which there are none. Public; 20 in 2 s for an address."""
        return self._run(
            many(call(self._session, contract.trades.CALL_AUCTION, {"instId": instId}), rows.trades.CallAuctionRow)
        )


class AsyncTrades(AsyncHalf):
    """Endpoints of trades, awaited."""

    async def trades(self, *, instId: str, limit: int | None = None) -> list[rows.trades.TradesRow]:
        """The latest trades of one instrument. Public; 100 in 2 s for an address."""
        return await self._run(
            many(call(self._session, contract.trades.TRADES, {"instId": instId, "limit": limit}), rows.trades.TradesRow)
        )

    def history_trades(
        self, *, instId: str, since: Moment | None = None, until: Moment | None = None, position: str | None = None
    ) -> AsyncHistory[rows.trades.TradesRow]:
        """Trades of one instrument in the last three months. Public; 20 in 2 s for an address."""
        span = Span(since, until, position)
        return AsyncHistory(
            self, contract.trades.HISTORY_TRADES, {"instId": instId, "type": "1"}, rows.trades.TradesRow, span
        )

    async def platform_volume(self) -> rows.trades.PlatformVolumeRow:
        """Turnover of all instruments in 24 hours. Public; 2 in 2 s for an address."""
        return await self._run(
            one(call(self._session, contract.trades.PLATFORM_VOLUME, {}), rows.trades.PlatformVolumeRow)
        )

    async def block_tickers(
        self,
        *,
        instType: Literal["SPOT", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        uly: str | None = None,
        instFamily: str | None = None,
    ) -> list[rows.trades.BlockTickersRow]:
        """Block trading of all instruments, of which there is none. Public; 20 in 2 s for an address."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.trades.BLOCK_TICKERS,
                    {"instType": instType, "uly": uly, "instFamily": instFamily},
                ),
                rows.trades.BlockTickersRow,
            )
        )

    async def block_ticker(self, *, instId: str) -> list[rows.trades.BlockTickersRow]:
        """Block trading of one instrument, of which there is none. Public; 20 in 2 s for an address."""
        return await self._run(
            many(call(self._session, contract.trades.BLOCK_TICKER, {"instId": instId}), rows.trades.BlockTickersRow)
        )

    async def block_trades(self, *, instId: str) -> list[rows.trades.BlockTradesRow]:
        """Block trades, of which there are none. Public; 20 in 2 s for an address."""
        return await self._run(
            many(call(self._session, contract.trades.BLOCK_TRADES, {"instId": instId}), rows.trades.BlockTradesRow)
        )

    async def call_auction(self, *, instId: str) -> list[rows.trades.CallAuctionRow]:
        """Call auctions, of which there are none. Public; 20 in 2 s for an address."""
        return await self._run(
            many(call(self._session, contract.trades.CALL_AUCTION, {"instId": instId}), rows.trades.CallAuctionRow)
        )
