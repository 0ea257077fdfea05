"""Methods of index.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one


class Index(Half):
    """Endpoints of index."""

    def index_tickers(
        self, *, quoteCcy: Literal["USD", "USDT", "BTC", "USDC"] | None = None, instId: str | None = None
    ) -> list[rows.index.IndexTickersRow]:
        """Indices and their 24 hour figures. Public; 20 in 2 s for an address."""
        return self._run(
            many(
                call(self._session, contract.index.INDEX_TICKERS, {"quoteCcy": quoteCcy, "instId": instId}),
                rows.index.IndexTickersRow,
            )
        )

    def index_components(self, *, index: str) -> rows.index.IndexComponentsRow:
        """What an index is made of. Public; 20 in 2 s for an address."""
        return self._run(
            one(call(self._session, contract.index.INDEX_COMPONENTS, {"index": index}), rows.index.IndexComponentsRow)
        )

    def exchange_rate(self) -> rows.index.ExchangeRateRow:
        """US dollars in yuan. Public; 1 in 2 s for an address."""
        return self._run(one(call(self._session, contract.index.EXCHANGE_RATE, {}), rows.index.ExchangeRateRow))


class AsyncIndex(AsyncHalf):
    """Endpoints of index, awaited."""

    async def index_tickers(
        self, *, quoteCcy: Literal["USD", "USDT", "BTC", "USDC"] | None = None, instId: str | None = None
    ) -> list[rows.index.IndexTickersRow]:
        """Indices and their 24 hour figures. Public; 20 in 2 s for an address."""
        return await self._run(
            many(
                call(self._session, contract.index.INDEX_TICKERS, {"quoteCcy": quoteCcy, "instId": instId}),
                rows.index.IndexTickersRow,
            )
        )

    async def index_components(self, *, index: str) -> rows.index.IndexComponentsRow:
        """What an index is made of. Public; 20 in 2 s for an address."""
        return await self._run(
            one(call(self._session, contract.index.INDEX_COMPONENTS, {"index": index}), rows.index.IndexComponentsRow)
        )

    async def exchange_rate(self) -> rows.index.ExchangeRateRow:
        """US dollars in yuan. Public; 1 in 2 s for an address."""
        return await self._run(one(call(self._session, contract.index.EXCHANGE_RATE, {}), rows.index.ExchangeRateRow))
