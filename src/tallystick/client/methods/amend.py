"""Methods of amend.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one
from tallystick.client.kinds import AmountLike, Number
from tallystick.client.params import AmendOrder, CancelOrder


class Amend(Half):
    """Endpoints of amend."""

    def amend_order(
        self,
        *,
        instId: str,
        cxlOnFail: bool | None = None,
        ordId: Number | None = None,
        clOrdId: str | None = None,
        reqId: str | None = None,
        newSz: AmountLike | None = None,
        newPx: AmountLike | None = None,
        pxAmendType: Literal["0", "1"] | None = None,
        rpiTakerAccess: bool | None = None,
        rpiPxRound: bool | None = None,
    ) -> rows.amend.AmendOrderRow:
        """Give an open order another price or size. Trade permission; 60 in 2 s for a user and instId."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.amend.AMEND_ORDER,
                    {
                        "instId": instId,
                        "cxlOnFail": cxlOnFail,
                        "ordId": ordId,
                        "clOrdId": clOrdId,
                        "reqId": reqId,
                        "newSz": newSz,
                        "newPx": newPx,
                        "pxAmendType": pxAmendType,
                        "rpiTakerAccess": rpiTakerAccess,
                        "rpiPxRound": rpiPxRound,
                    },
                ),
                rows.amend.AmendOrderRow,
            )
        )

    def amend_batch_orders(self, items: list[AmendOrder]) -> list[rows.amend.AmendOrderRow]:
        """Change up to twenty orders, one after another.

        Trade permission; 300 in 2 s for a user and instId.
        """
        return self._run(many(call(self._session, contract.amend.AMEND_BATCH_ORDERS, items), rows.amend.AmendOrderRow))

    def cancel_batch_orders(self, items: list[CancelOrder]) -> list[rows.trade.CancelOrderRow]:
        """Cancel up to twenty orders, one after another.

        Trade permission; 300 in 2 s for a user and instId.
        """
        return self._run(
            many(call(self._session, contract.amend.CANCEL_BATCH_ORDERS, items), rows.trade.CancelOrderRow)
        )

    def cancel_all_after(self, *, timeOut: int, tag: str | None = None) -> rows.amend.CancelAllAfterRow:
        """Cancel all orders unless asked again in time. Trade permission; 1 in 1 s for a user and tag."""
        return self._run(
            one(
                call(self._session, contract.amend.CANCEL_ALL_AFTER, {"timeOut": timeOut, "tag": tag}),
                rows.amend.CancelAllAfterRow,
            )
        )

    def mass_cancel(
        self, *, instType: Literal["OPTION"], instFamily: str, lockInterval: str | None = None
    ) -> rows.amend.MassCancelRow:
        """Cancel the quotes of a market maker in options. Trade permission; 5 in 2 s for a user."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.amend.MASS_CANCEL,
                    {"instType": instType, "instFamily": instFamily, "lockInterval": lockInterval},
                ),
                rows.amend.MassCancelRow,
            )
        )


class AsyncAmend(AsyncHalf):
    """Endpoints of amend, awaited."""

    async def amend_order(
        self,
        *,
        instId: str,
        cxlOnFail: bool | None = None,
        ordId: Number | None = None,
        clOrdId: str | None = None,
        reqId: str | None = None,
        newSz: AmountLike | None = None,
        newPx: AmountLike | None = None,
        pxAmendType: Literal["0", "1"] | None = None,
        rpiTakerAccess: bool | None = None,
        rpiPxRound: bool | None = None,
    ) -> rows.amend.AmendOrderRow:
        """Give an open order another price or size. Trade permission; 60 in 2 s for a user and instId."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.amend.AMEND_ORDER,
                    {
                        "instId": instId,
                        "cxlOnFail": cxlOnFail,
                        "ordId": ordId,
                        "clOrdId": clOrdId,
                        "reqId": reqId,
                        "newSz": newSz,
                        "newPx": newPx,
                        "pxAmendType": pxAmendType,
                        "rpiTakerAccess": rpiTakerAccess,
                        "rpiPxRound": rpiPxRound,
                    },
                ),
                rows.amend.AmendOrderRow,
            )
        )

    async def amend_batch_orders(self, items: list[AmendOrder]) -> list[rows.amend.AmendOrderRow]:
        """Change up to twenty orders, one after another.

        Trade permission; 300 in 2 s for a user and instId.
        """
        return await self._run(
            many(call(self._session, contract.amend.AMEND_BATCH_ORDERS, items), rows.amend.AmendOrderRow)
        )

    async def cancel_batch_orders(self, items: list[CancelOrder]) -> list[rows.trade.CancelOrderRow]:
        """Cancel up to twenty orders, one after another.

        Trade permission; 300 in 2 s for a user and instId.
        """
        return await self._run(
            many(call(self._session, contract.amend.CANCEL_BATCH_ORDERS, items), rows.trade.CancelOrderRow)
        )

    async def cancel_all_after(self, *, timeOut: int, tag: str | None = None) -> rows.amend.CancelAllAfterRow:
        """Cancel all orders unless asked again in time. Trade permission; 1 in 1 s for a user and tag."""
        return await self._run(
            one(
                call(self._session, contract.amend.CANCEL_ALL_AFTER, {"timeOut": timeOut, "tag": tag}),
                rows.amend.CancelAllAfterRow,
            )
        )

    async def mass_cancel(
        self, *, instType: Literal["OPTION"], instFamily: str, lockInterval: str | None = None
    ) -> rows.amend.MassCancelRow:
        """Cancel the quotes of a market maker in options. Trade permission; 5 in 2 s for a user."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.amend.MASS_CANCEL,
                    {"instType": instType, "instFamily": instFamily, "lockInterval": lockInterval},
                ),
                rows.amend.MassCancelRow,
            )
        )
