"""Methods of trade.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one
from tallystick.client.kinds import AmountLike, Number
from tallystick.client.params import PlaceOrder


class Trade(Half):
    """Endpoints of trade."""

    def place_order(
        self,
        *,
        instId: str,
        tdMode: Literal["cash", "cross", "isolated", "spot_isolated"],
        ccy: str | None = None,
        clOrdId: str | None = None,
        tag: str | None = None,
        side: Literal["buy", "sell"],
        posSide: Literal["net", "long", "short"] | None = None,
        ordType: Literal[
            "market", "limit", "post_only", "fok", "ioc", "optimal_limit_ioc", "mmp", "mmp_and_post_only", "elp", "rpi"
        ],
        sz: AmountLike,
        px: AmountLike | None = None,
        reduceOnly: bool | None = None,
        tgtCcy: Literal["base_ccy", "quote_ccy"] | None = None,
        banAmend: bool | None = None,
        pxAmendType: Literal["0", "1"] | None = None,
        tradeQuoteCcy: str | None = None,
        slippagePct: str | None = None,
        stpMode: Literal["cancel_maker", "cancel_taker", "cancel_both"] | None = None,
        isElpTakerAccess: bool | None = None,
        rpiTakerAccess: bool | None = None,
        rpiPxRound: bool | None = None,
    ) -> rows.trade.PlaceOrderRow:
        """Place an order. Trade permission; 60 in 2 s for a user and instId."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.trade.PLACE_ORDER,
                    {
                        "instId": instId,
                        "tdMode": tdMode,
                        "ccy": ccy,
                        "clOrdId": clOrdId,
                        "tag": tag,
                        "side": side,
                        "posSide": posSide,
                        "ordType": ordType,
                        "sz": sz,
                        "px": px,
                        "reduceOnly": reduceOnly,
                        "tgtCcy": tgtCcy,
                        "banAmend": banAmend,
                        "pxAmendType": pxAmendType,
                        "tradeQuoteCcy": tradeQuoteCcy,
                        "slippagePct": slippagePct,
                        "stpMode": stpMode,
                        "isElpTakerAccess": isElpTakerAccess,
                        "rpiTakerAccess": rpiTakerAccess,
                        "rpiPxRound": rpiPxRound,
                    },
                ),
                rows.trade.PlaceOrderRow,
            )
        )

    def batch_orders(self, items: list[PlaceOrder]) -> list[rows.trade.PlaceOrderRow]:
        """Place up to twenty orders, one after another.

        Trade permission; 300 in 2 s for a user and instId.
        """
        return self._run(many(call(self._session, contract.trade.BATCH_ORDERS, items), rows.trade.PlaceOrderRow))

    def cancel_order(
        self, *, instId: str, ordId: Number | None = None, clOrdId: str | None = None
    ) -> rows.trade.CancelOrderRow:
        """Cancel an order. Trade permission; 60 in 2 s for a user and instId."""
        return self._run(
            one(
                call(
                    self._session, contract.trade.CANCEL_ORDER, {"instId": instId, "ordId": ordId, "clOrdId": clOrdId}
                ),
                rows.trade.CancelOrderRow,
            )
        )

    def get_order(
        self, *, instId: str, ordId: Number | None = None, clOrdId: str | None = None
    ) -> rows.trade.GetOrderRow:
        """One order as it stands. Read permission; 60 in 2 s for a user and instId."""
        return self._run(
            one(
                call(self._session, contract.trade.GET_ORDER, {"instId": instId, "ordId": ordId, "clOrdId": clOrdId}),
                rows.trade.GetOrderRow,
            )
        )


class AsyncTrade(AsyncHalf):
    """Endpoints of trade, awaited."""

    async def place_order(
        self,
        *,
        instId: str,
        tdMode: Literal["cash", "cross", "isolated", "spot_isolated"],
        ccy: str | None = None,
        clOrdId: str | None = None,
        tag: str | None = None,
        side: Literal["buy", "sell"],
        posSide: Literal["net", "long", "short"] | None = None,
        ordType: Literal[
            "market", "limit", "post_only", "fok", "ioc", "optimal_limit_ioc", "mmp", "mmp_and_post_only", "elp", "rpi"
        ],
        sz: AmountLike,
        px: AmountLike | None = None,
        reduceOnly: bool | None = None,
        tgtCcy: Literal["base_ccy", "quote_ccy"] | None = None,
        banAmend: bool | None = None,
        pxAmendType: Literal["0", "1"] | None = None,
        tradeQuoteCcy: str | None = None,
        slippagePct: str | None = None,
        stpMode: Literal["cancel_maker", "cancel_taker", "cancel_both"] | None = None,
        isElpTakerAccess: bool | None = None,
        rpiTakerAccess: bool | None = None,
        rpiPxRound: bool | None = None,
    ) -> rows.trade.PlaceOrderRow:
        """Place an order. Trade permission; 60 in 2 s for a user and instId."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.trade.PLACE_ORDER,
                    {
                        "instId": instId,
                        "tdMode": tdMode,
                        "ccy": ccy,
                        "clOrdId": clOrdId,
                        "tag": tag,
                        "side": side,
                        "posSide": posSide,
                        "ordType": ordType,
                        "sz": sz,
                        "px": px,
                        "reduceOnly": reduceOnly,
                        "tgtCcy": tgtCcy,
                        "banAmend": banAmend,
                        "pxAmendType": pxAmendType,
                        "tradeQuoteCcy": tradeQuoteCcy,
                        "slippagePct": slippagePct,
                        "stpMode": stpMode,
                        "isElpTakerAccess": isElpTakerAccess,
                        "rpiTakerAccess": rpiTakerAccess,
                        "rpiPxRound": rpiPxRound,
                    },
                ),
                rows.trade.PlaceOrderRow,
            )
        )

    async def batch_orders(self, items: list[PlaceOrder]) -> list[rows.trade.PlaceOrderRow]:
        """Place up to twenty orders, one after another.

        Trade permission; 300 in 2 s for a user and instId.
        """
        return await self._run(many(call(self._session, contract.trade.BATCH_ORDERS, items), rows.trade.PlaceOrderRow))

    async def cancel_order(
        self, *, instId: str, ordId: Number | None = None, clOrdId: str | None = None
    ) -> rows.trade.CancelOrderRow:
        """Cancel an order. Trade permission; 60 in 2 s for a user and instId."""
        return await self._run(
            one(
                call(
                    self._session, contract.trade.CANCEL_ORDER, {"instId": instId, "ordId": ordId, "clOrdId": clOrdId}
                ),
                rows.trade.CancelOrderRow,
            )
        )

    async def get_order(
        self, *, instId: str, ordId: Number | None = None, clOrdId: str | None = None
    ) -> rows.trade.GetOrderRow:
        """One order as it stands. Read permission; 60 in 2 s for a user and instId."""
        return await self._run(
            one(
                call(self._session, contract.trade.GET_ORDER, {"instId": instId, "ordId": ordId, "clOrdId": clOrdId}),
                rows.trade.GetOrderRow,
            )
        )
