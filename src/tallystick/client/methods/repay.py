"""Methods of repay.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, one
from tallystick.client.history import AsyncHistory, History
from tallystick.client.kinds import Moment
from tallystick.client.walk import Span


class Repay(Half):
    """Endpoints of repay."""

    def one_click_repay_currency_list_v2(self) -> rows.repay.OneClickRepayCurrencyListV2Row:
        """Debts, and what they can be repaid with. Read permission; 1 in 2 s for a user."""
        return self._run(
            one(
                call(self._session, contract.repay.ONE_CLICK_REPAY_CURRENCY_LIST_V2, {}),
                rows.repay.OneClickRepayCurrencyListV2Row,
            )
        )

    def one_click_repay_v2(
        self, *, debtCcy: str, repayCcyList: list[str] | tuple[str, ...]
    ) -> rows.repay.OneClickRepayV2Row:
        """Start repaying one debt from other currencies. Trade permission; 1 in 2 s for a user."""
        return self._run(
            one(
                call(
                    self._session, contract.repay.ONE_CLICK_REPAY_V2, {"debtCcy": debtCcy, "repayCcyList": repayCcyList}
                ),
                rows.repay.OneClickRepayV2Row,
            )
        )

    def one_click_repay_history_v2(
        self, *, since: Moment | None = None, until: Moment | None = None, position: str | None = None
    ) -> History[rows.repay.OneClickRepayHistoryV2Row]:
        """One-click repays of the last seven days, leg by leg. Read permission; 1 in 2 s for a user."""
        span = Span(since, until, position)
        return History(self, contract.repay.ONE_CLICK_REPAY_HISTORY_V2, {}, rows.repay.OneClickRepayHistoryV2Row, span)


class AsyncRepay(AsyncHalf):
    """Endpoints of repay, awaited."""

    async def one_click_repay_currency_list_v2(self) -> rows.repay.OneClickRepayCurrencyListV2Row:
        """Debts, and what they can be repaid with. Read permission; 1 in 2 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.repay.ONE_CLICK_REPAY_CURRENCY_LIST_V2, {}),
                rows.repay.OneClickRepayCurrencyListV2Row,
            )
        )

    async def one_click_repay_v2(
        self, *, debtCcy: str, repayCcyList: list[str] | tuple[str, ...]
    ) -> rows.repay.OneClickRepayV2Row:
        """Start repaying one debt from other currencies. Trade permission; 1 in 2 s for a user."""
        return await self._run(
            one(
                call(
                    self._session, contract.repay.ONE_CLICK_REPAY_V2, {"debtCcy": debtCcy, "repayCcyList": repayCcyList}
                ),
                rows.repay.OneClickRepayV2Row,
            )
        )

    def one_click_repay_history_v2(
        self, *, since: Moment | None = None, until: Moment | None = None, position: str | None = None
    ) -> AsyncHistory[rows.repay.OneClickRepayHistoryV2Row]:
        """One-click repays of the last seven days, leg by leg. Read permission; 1 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self, contract.repay.ONE_CLICK_REPAY_HISTORY_V2, {}, rows.repay.OneClickRepayHistoryV2Row, span
        )
