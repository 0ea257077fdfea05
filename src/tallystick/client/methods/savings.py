"""Methods of savings.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many
from tallystick.client.history import AsyncHistory, History
from tallystick.client.kinds import Moment
from tallystick.client.walk import Span


class Savings(Half):
    """Endpoints of savings."""

    def lending_rate_summary(self, *, ccy: str | None = None) -> list[rows.savings.LendingRateSummaryRow]:
        """Borrowing rates of the pools: of a day, now and next. Public; 6 in 1 s for an address."""
        return self._run(
            many(
                call(self._session, contract.savings.LENDING_RATE_SUMMARY, {"ccy": ccy}),
                rows.savings.LendingRateSummaryRow,
            )
        )

    def lending_rate_history(
        self,
        *,
        ccy: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.savings.LendingRateHistoryRow]:
        """Borrowing rates of the pools, hour by hour, newest first. Public; 6 in 1 s for an address."""
        span = Span(since, until, position)
        return History(
            self, contract.savings.LENDING_RATE_HISTORY, {"ccy": ccy}, rows.savings.LendingRateHistoryRow, span
        )


class AsyncSavings(AsyncHalf):
    """Endpoints of savings, awaited."""

    async def lending_rate_summary(self, *, ccy: str | None = None) -> list[rows.savings.LendingRateSummaryRow]:
        """Borrowing rates of the pools: of a day, now and next. Public; 6 in 1 s for an address."""
        return await self._run(
            many(
                call(self._session, contract.savings.LENDING_RATE_SUMMARY, {"ccy": ccy}),
                rows.savings.LendingRateSummaryRow,
            )
        )

    def lending_rate_history(
        self,
        *,
        ccy: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.savings.LendingRateHistoryRow]:
        """Borrowing rates of the pools, hour by hour, newest first. Public; 6 in 1 s for an address."""
        span = Span(since, until, position)
        return AsyncHistory(
            self, contract.savings.LENDING_RATE_HISTORY, {"ccy": ccy}, rows.savings.LendingRateHistoryRow, span
        )
