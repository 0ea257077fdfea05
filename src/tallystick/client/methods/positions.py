"""Methods of positions.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one
from tallystick.client.history import AsyncHistory, History
from tallystick.client.kinds import Moment, Number
from tallystick.client.walk import Span


class Positions(Half):
    """Endpoints of positions."""

    def positions(
        self,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instId: list[str] | tuple[str, ...] | None = None,
        posId: list[str] | tuple[str, ...] | None = None,
    ) -> list[rows.positions.PositionsRow]:
        """Open positions, of which Spot mode has none. Read permission; 10 in 2 s for a user."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.positions.POSITIONS,
                    {"instType": instType, "instId": instId, "posId": posId},
                ),
                rows.positions.PositionsRow,
            )
        )

    def positions_history(
        self,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instId: str | None = None,
        mgnMode: Literal["cross", "isolated"] | None = None,
        type: Literal["1", "2", "3", "4", "5", "6"] | None = None,
        posId: Number | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.positions.PositionsHistoryRow]:
        """Closed positions, of which Spot mode has none. Read permission; 10 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.positions.POSITIONS_HISTORY,
            {"instType": instType, "instId": instId, "mgnMode": mgnMode, "type": type, "posId": posId},
            rows.positions.PositionsHistoryRow,
            span,
        )

    def position_risk(
        self, *, instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None
    ) -> rows.positions.PositionRiskRow:
        """Balances and positions at one instant. Read permission; 10 in 2 s for a user."""
        return self._run(
            one(
                call(self._session, contract.positions.POSITION_RISK, {"instType": instType}),
                rows.positions.PositionRiskRow,
            )
        )


class AsyncPositions(AsyncHalf):
    """Endpoints of positions, awaited."""

    async def positions(
        self,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instId: list[str] | tuple[str, ...] | None = None,
        posId: list[str] | tuple[str, ...] | None = None,
    ) -> list[rows.positions.PositionsRow]:
        """Open positions, of which Spot mode has none. Read permission; 10 in 2 s for a user."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.positions.POSITIONS,
                    {"instType": instType, "instId": instId, "posId": posId},
                ),
                rows.positions.PositionsRow,
            )
        )

    def positions_history(
        self,
        *,
        instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instId: str | None = None,
        mgnMode: Literal["cross", "isolated"] | None = None,
        type: Literal["1", "2", "3", "4", "5", "6"] | None = None,
        posId: Number | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.positions.PositionsHistoryRow]:
        """Closed positions, of which Spot mode has none. Read permission; 10 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.positions.POSITIONS_HISTORY,
            {"instType": instType, "instId": instId, "mgnMode": mgnMode, "type": type, "posId": posId},
            rows.positions.PositionsHistoryRow,
            span,
        )

    async def position_risk(
        self, *, instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None
    ) -> rows.positions.PositionRiskRow:
        """Balances and positions at one instant. Read permission; 10 in 2 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.positions.POSITION_RISK, {"instType": instType}),
                rows.positions.PositionRiskRow,
            )
        )
