"""Methods of candles.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.halves import AsyncHalf, Half
from tallystick.client.history import AsyncHistory, History
from tallystick.client.kinds import Moment
from tallystick.client.walk import Span


class Candles(Half):
    """Endpoints of candles."""

    def candles(
        self,
        *,
        instId: str,
        bar: Literal[
            "1m",
            "3m",
            "5m",
            "15m",
            "30m",
            "1H",
            "2H",
            "4H",
            "6H",
            "12H",
            "1D",
            "2D",
            "3D",
            "1W",
            "1M",
            "3M",
            "6Hutc",
            "12Hutc",
            "1Dutc",
            "2Dutc",
            "3Dutc",
            "1Wutc",
            "1Mutc",
            "3Mutc",
        ]
        | None = None,
        adjust: Literal["forward"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.candles.CandlesRow]:
        """The latest candles of one instrument, newest first. Public; 40 in 2 s for an address."""
        span = Span(since, until, position)
        return History(
            self,
            contract.candles.CANDLES,
            {"instId": instId, "bar": bar, "adjust": adjust},
            rows.candles.CandlesRow,
            span,
        )

    def history_candles(
        self,
        *,
        instId: str,
        bar: Literal[
            "1s",
            "1m",
            "3m",
            "5m",
            "15m",
            "30m",
            "1H",
            "2H",
            "4H",
            "6H",
            "12H",
            "1D",
            "2D",
            "3D",
            "1W",
            "1M",
            "3M",
            "6Hutc",
            "12Hutc",
            "1Dutc",
            "2Dutc",
            "3Dutc",
            "1Wutc",
            "1Mutc",
            "3Mutc",
        ]
        | None = None,
        adjust: Literal["forward"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.candles.CandlesRow]:
        """Candles of one instrument from further back, newest first. Public; 20 in 2 s for an address."""
        span = Span(since, until, position)
        return History(
            self,
            contract.candles.HISTORY_CANDLES,
            {"instId": instId, "bar": bar, "adjust": adjust},
            rows.candles.CandlesRow,
            span,
        )

    def index_candles(
        self,
        *,
        instId: str,
        bar: Literal[
            "1m",
            "3m",
            "5m",
            "15m",
            "30m",
            "1H",
            "2H",
            "4H",
            "6H",
            "12H",
            "1D",
            "2D",
            "3D",
            "1W",
            "1M",
            "3M",
            "6Hutc",
            "12Hutc",
            "1Dutc",
            "2Dutc",
            "3Dutc",
            "1Wutc",
            "1Mutc",
            "3Mutc",
        ]
        | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.candles.IndexCandlesRow]:
        """The latest candles of an index. Public; 20 in 2 s for an address."""
        span = Span(since, until, position)
        return History(
            self, contract.candles.INDEX_CANDLES, {"instId": instId, "bar": bar}, rows.candles.IndexCandlesRow, span
        )

    def history_index_candles(
        self,
        *,
        instId: str,
        bar: Literal[
            "1m",
            "3m",
            "5m",
            "15m",
            "30m",
            "1H",
            "2H",
            "4H",
            "6H",
            "12H",
            "1D",
            "2D",
            "3D",
            "1W",
            "1M",
            "3M",
            "6Hutc",
            "12Hutc",
            "1Dutc",
            "2Dutc",
            "3Dutc",
            "1Wutc",
            "1Mutc",
            "3Mutc",
        ]
        | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.candles.IndexCandlesRow]:
        """Candles of an index from further back. Public; 10 in 2 s for an address."""
        span = Span(since, until, position)
        return History(
            self,
            contract.candles.HISTORY_INDEX_CANDLES,
            {"instId": instId, "bar": bar},
            rows.candles.IndexCandlesRow,
            span,
        )

    def mark_price_candles(
        self,
        *,
        instId: str,
        bar: Literal[
            "1m",
            "3m",
            "5m",
            "15m",
            "30m",
            "1H",
            "2H",
            "4H",
            "6H",
            "12H",
            "1D",
            "2D",
            "3D",
            "1W",
            "1M",
            "3M",
            "6Hutc",
            "12Hutc",
            "1Dutc",
            "2Dutc",
            "3Dutc",
            "1Wutc",
            "1Mutc",
            "3Mutc",
        ]
        | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.candles.IndexCandlesRow]:
        """The latest candles of a mark price. Public; 20 in 2 s for an address."""
        span = Span(since, until, position)
        return History(
            self,
            contract.candles.MARK_PRICE_CANDLES,
            {"instId": instId, "bar": bar},
            rows.candles.IndexCandlesRow,
            span,
        )

    def history_mark_price_candles(
        self,
        *,
        instId: str,
        bar: Literal[
            "1m",
            "3m",
            "5m",
            "15m",
            "30m",
            "1H",
            "2H",
            "4H",
            "6H",
            "12H",
            "1D",
            "2D",
            "3D",
            "1W",
            "1M",
            "3M",
            "6Hutc",
            "12Hutc",
            "1Dutc",
            "2Dutc",
            "3Dutc",
            "1Wutc",
            "1Mutc",
            "3Mutc",
        ]
        | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.candles.IndexCandlesRow]:
        """Candles of a mark price from further back. Public; 10 in 2 s for an address."""
        span = Span(since, until, position)
        return History(
            self,
            contract.candles.HISTORY_MARK_PRICE_CANDLES,
            {"instId": instId, "bar": bar},
            rows.candles.IndexCandlesRow,
            span,
        )


class AsyncCandles(AsyncHalf):
    """Endpoints of candles, awaited."""

    def candles(
        self,
        *,
        instId: str,
        bar: Literal[
            "1m",
            "3m",
            "5m",
            "15m",
            "30m",
            "1H",
            "2H",
            "4H",
            "6H",
            "12H",
            "1D",
            "2D",
            "3D",
            "1W",
            "1M",
            "3M",
            "6Hutc",
            "12Hutc",
            "1Dutc",
            "2Dutc",
            "3Dutc",
            "1Wutc",
            "1Mutc",
            "3Mutc",
        ]
        | None = None,
        adjust: Literal["forward"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.candles.CandlesRow]:
        """The latest candles of one instrument, newest first. Public; 40 in 2 s for an address."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.candles.CANDLES,
            {"instId": instId, "bar": bar, "adjust": adjust},
            rows.candles.CandlesRow,
            span,
        )

    def history_candles(
        self,
        *,
        instId: str,
        bar: Literal[
            "1s",
            "1m",
            "3m",
            "5m",
            "15m",
            "30m",
            "1H",
            "2H",
            "4H",
            "6H",
            "12H",
            "1D",
            "2D",
            "3D",
            "1W",
            "1M",
            "3M",
            "6Hutc",
            "12Hutc",
            "1Dutc",
            "2Dutc",
            "3Dutc",
            "1Wutc",
            "1Mutc",
            "3Mutc",
        ]
        | None = None,
        adjust: Literal["forward"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.candles.CandlesRow]:
        """Candles of one instrument from further back, newest first. Public; 20 in 2 s for an address."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.candles.HISTORY_CANDLES,
            {"instId": instId, "bar": bar, "adjust": adjust},
            rows.candles.CandlesRow,
            span,
        )

    def index_candles(
        self,
        *,
        instId: str,
        bar: Literal[
            "1m",
            "3m",
            "5m",
            "15m",
            "30m",
            "1H",
            "2H",
            "4H",
            "6H",
            "12H",
            "1D",
            "2D",
            "3D",
            "1W",
            "1M",
            "3M",
            "6Hutc",
            "12Hutc",
            "1Dutc",
            "2Dutc",
            "3Dutc",
            "1Wutc",
            "1Mutc",
            "3Mutc",
        ]
        | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.candles.IndexCandlesRow]:
        """The latest candles of an index. Public; 20 in 2 s for an address."""
        span = Span(since, until, position)
        return AsyncHistory(
            self, contract.candles.INDEX_CANDLES, {"instId": instId, "bar": bar}, rows.candles.IndexCandlesRow, span
        )

    def history_index_candles(
        self,
        *,
        instId: str,
        bar: Literal[
            "1m",
            "3m",
            "5m",
            "15m",
            "30m",
            "1H",
            "2H",
            "4H",
            "6H",
            "12H",
            "1D",
            "2D",
            "3D",
            "1W",
            "1M",
            "3M",
            "6Hutc",
            "12Hutc",
            "1Dutc",
            "2Dutc",
            "3Dutc",
            "1Wutc",
            "1Mutc",
            "3Mutc",
        ]
        | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.candles.IndexCandlesRow]:
        """Candles of an index from further back. Public; 10 in 2 s for an address."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.candles.HISTORY_INDEX_CANDLES,
            {"instId": instId, "bar": bar},
            rows.candles.IndexCandlesRow,
            span,
        )

    def mark_price_candles(
        self,
        *,
        instId: str,
        bar: Literal[
            "1m",
            "3m",
            "5m",
            "15m",
            "30m",
            "1H",
            "2H",
            "4H",
            "6H",
            "12H",
            "1D",
            "2D",
            "3D",
            "1W",
            "1M",
            "3M",
            "6Hutc",
            "12Hutc",
            "1Dutc",
            "2Dutc",
            "3Dutc",
            "1Wutc",
            "1Mutc",
            "3Mutc",
        ]
        | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.candles.IndexCandlesRow]:
        """The latest candles of a mark price. Public; 20 in 2 s for an address."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.candles.MARK_PRICE_CANDLES,
            {"instId": instId, "bar": bar},
            rows.candles.IndexCandlesRow,
            span,
        )

    def history_mark_price_candles(
        self,
        *,
        instId: str,
        bar: Literal[
            "1m",
            "3m",
            "5m",
            "15m",
            "30m",
            "1H",
            "2H",
            "4H",
            "6H",
            "12H",
            "1D",
            "2D",
            "3D",
            "1W",
            "1M",
            "3M",
            "6Hutc",
            "12Hutc",
            "1Dutc",
            "2Dutc",
            "3Dutc",
            "1Wutc",
            "1Mutc",
            "3Mutc",
        ]
        | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.candles.IndexCandlesRow]:
        """Candles of a mark price from further back. Public; 10 in 2 s for an address."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.candles.HISTORY_MARK_PRICE_CANDLES,
            {"instId": instId, "bar": bar},
            rows.candles.IndexCandlesRow,
            span,
        )
