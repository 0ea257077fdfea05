"""Methods of trade modes.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one
from tallystick.client.history import AsyncHistory, History
from tallystick.client.kinds import AmountLike, Moment, Number
from tallystick.client.walk import Span


class TradeModes(Half):
    """Endpoints of trade modes."""

    def account_rate_limit(self) -> rows.trade_modes.AccountRateLimitRow:
        """How many derivatives orders the account may send. Read permission; 1 in 1 s for a user."""
        return self._run(
            one(call(self._session, contract.trade_modes.ACCOUNT_RATE_LIMIT, {}), rows.trade_modes.AccountRateLimitRow)
        )

    def order_precheck(
        self,
        *,
        instId: str,
        tdMode: Literal["cash", "cross", "isolated", "spot_isolated"],
        side: Literal["buy", "sell"],
        posSide: Literal["net", "long", "short"] | None = None,
        ordType: Literal[
            "market", "limit", "post_only", "fok", "ioc", "optimal_limit_ioc", "mmp", "mmp_and_post_only", "elp", "rpi"
        ],
        sz: AmountLike,
        px: AmountLike | None = None,
        reduceOnly: bool | None = None,
        tgtCcy: Literal["base_ccy", "quote_ccy"] | None = None,
    ) -> rows.trade_modes.OrderPrecheckRow:
        """What an order would change, multi-currency modes only. Trade permission; 5 in 2 s for a user."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.trade_modes.ORDER_PRECHECK,
                    {
                        "instId": instId,
                        "tdMode": tdMode,
                        "side": side,
                        "posSide": posSide,
                        "ordType": ordType,
                        "sz": sz,
                        "px": px,
                        "reduceOnly": reduceOnly,
                        "tgtCcy": tgtCcy,
                    },
                ),
                rows.trade_modes.OrderPrecheckRow,
            )
        )

    def close_position(
        self,
        *,
        instId: str,
        posSide: Literal["net", "long", "short"] | None = None,
        mgnMode: Literal["cross", "isolated"],
        ccy: str | None = None,
        autoCxl: bool | None = None,
        clOrdId: str | None = None,
        tag: str | None = None,
    ) -> rows.trade_modes.ClosePositionRow:
        """Close a position at the market, which Spot mode does not have.

        Trade permission; 20 in 2 s for a user and instId.
        """
        return self._run(
            one(
                call(
                    self._session,
                    contract.trade_modes.CLOSE_POSITION,
                    {
                        "instId": instId,
                        "posSide": posSide,
                        "mgnMode": mgnMode,
                        "ccy": ccy,
                        "autoCxl": autoCxl,
                        "clOrdId": clOrdId,
                        "tag": tag,
                    },
                ),
                rows.trade_modes.ClosePositionRow,
            )
        )

    def orders_algo_pending(
        self,
        *,
        ordType: list[
            Literal["conditional", "oco", "chase", "trigger", "move_order_stop", "iceberg", "twap", "smart_iceberg"]
        ]
        | tuple[
            Literal["conditional", "oco", "chase", "trigger", "move_order_stop", "iceberg", "twap", "smart_iceberg"],
            ...,
        ],
        algoId: Number | None = None,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instId: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.trade_modes.AlgoOrderRow]:
        """Open algo orders: none, this venue has no such orders. Read permission; 20 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.trade_modes.ORDERS_ALGO_PENDING,
            {"ordType": ordType, "algoId": algoId, "instType": instType, "instId": instId},
            rows.trade_modes.AlgoOrderRow,
            span,
        )

    def orders_algo_history(
        self,
        *,
        ordType: list[
            Literal["conditional", "oco", "chase", "trigger", "move_order_stop", "iceberg", "twap", "smart_iceberg"]
        ]
        | tuple[
            Literal["conditional", "oco", "chase", "trigger", "move_order_stop", "iceberg", "twap", "smart_iceberg"],
            ...,
        ],
        state: Literal["effective", "canceled", "order_failed"] | None = None,
        algoId: Number | None = None,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instId: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.trade_modes.AlgoOrderRow]:
        """Algo orders that ended: none, this venue has no such orders.

        Read permission; 20 in 2 s for a user.
        """
        span = Span(since, until, position)
        return History(
            self,
            contract.trade_modes.ORDERS_ALGO_HISTORY,
            {"ordType": ordType, "state": state, "algoId": algoId, "instType": instType, "instId": instId},
            rows.trade_modes.AlgoOrderRow,
            span,
        )

    def get_algo_order(
        self, *, algoId: Number | None = None, algoClOrdId: str | None = None
    ) -> list[rows.trade_modes.AlgoOrderRow]:
        """One algo order: there is none. Read permission; 20 in 2 s for a user."""
        return self._run(
            many(
                call(
                    self._session, contract.trade_modes.GET_ALGO_ORDER, {"algoId": algoId, "algoClOrdId": algoClOrdId}
                ),
                rows.trade_modes.AlgoOrderRow,
            )
        )

    def one_click_repay_currency_list(
        self, *, debtType: Literal["cross", "isolated"] | None = None
    ) -> list[rows.trade_modes.RepayListV1Row]:
        """One-click repay of the margin modes: what is owed. Read permission; 1 in 2 s for a user."""
        return self._run(
            many(
                call(self._session, contract.trade_modes.ONE_CLICK_REPAY_CURRENCY_LIST, {"debtType": debtType}),
                rows.trade_modes.RepayListV1Row,
            )
        )

    def one_click_repay(
        self, *, debtCcy: list[str] | tuple[str, ...], repayCcy: str
    ) -> list[rows.trade_modes.RepayV1Row]:
        """One-click repay of the margin modes. Trade permission; 1 in 2 s for a user."""
        return self._run(
            many(
                call(self._session, contract.trade_modes.ONE_CLICK_REPAY, {"debtCcy": debtCcy, "repayCcy": repayCcy}),
                rows.trade_modes.RepayV1Row,
            )
        )

    def one_click_repay_history(
        self, *, since: Moment | None = None, until: Moment | None = None, position: str | None = None
    ) -> History[rows.trade_modes.RepayV1Row]:
        """One-click repay of the margin modes: history. Read permission; 1 in 2 s for a user."""
        span = Span(since, until, position)
        return History(self, contract.trade_modes.ONE_CLICK_REPAY_HISTORY, {}, rows.trade_modes.RepayV1Row, span)


class AsyncTradeModes(AsyncHalf):
    """Endpoints of trade modes, awaited."""

    async def account_rate_limit(self) -> rows.trade_modes.AccountRateLimitRow:
        """How many derivatives orders the account may send. Read permission; 1 in 1 s for a user."""
        return await self._run(
            one(call(self._session, contract.trade_modes.ACCOUNT_RATE_LIMIT, {}), rows.trade_modes.AccountRateLimitRow)
        )

    async def order_precheck(
        self,
        *,
        instId: str,
        tdMode: Literal["cash", "cross", "isolated", "spot_isolated"],
        side: Literal["buy", "sell"],
        posSide: Literal["net", "long", "short"] | None = None,
        ordType: Literal[
            "market", "limit", "post_only", "fok", "ioc", "optimal_limit_ioc", "mmp", "mmp_and_post_only", "elp", "rpi"
        ],
        sz: AmountLike,
        px: AmountLike | None = None,
        reduceOnly: bool | None = None,
        tgtCcy: Literal["base_ccy", "quote_ccy"] | None = None,
    ) -> rows.trade_modes.OrderPrecheckRow:
        """What an order would change, multi-currency modes only. Trade permission; 5 in 2 s for a user."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.trade_modes.ORDER_PRECHECK,
                    {
                        "instId": instId,
                        "tdMode": tdMode,
                        "side": side,
                        "posSide": posSide,
                        "ordType": ordType,
                        "sz": sz,
                        "px": px,
                        "reduceOnly": reduceOnly,
                        "tgtCcy": tgtCcy,
                    },
                ),
                rows.trade_modes.OrderPrecheckRow,
            )
        )

    async def close_position(
        self,
        *,
        instId: str,
        posSide: Literal["net", "long", "short"] | None = None,
        mgnMode: Literal["cross", "isolated"],
        ccy: str | None = None,
        autoCxl: bool | None = None,
        clOrdId: str | None = None,
        tag: str | None = None,
    ) -> rows.trade_modes.ClosePositionRow:
        """Close a position at the market, which Spot mode does not have.

        Trade permission; 20 in 2 s for a user and instId.
        """
        return await self._run(
            one(
                call(
                    self._session,
                    contract.trade_modes.CLOSE_POSITION,
                    {
                        "instId": instId,
                        "posSide": posSide,
                        "mgnMode": mgnMode,
                        "ccy": ccy,
                        "autoCxl": autoCxl,
                        "clOrdId": clOrdId,
                        "tag": tag,
                    },
                ),
                rows.trade_modes.ClosePositionRow,
            )
        )

    def orders_algo_pending(
        self,
        *,
        ordType: list[
            Literal["conditional", "oco", "chase", "trigger", "move_order_stop", "iceberg", "twap", "smart_iceberg"]
        ]
        | tuple[
            Literal["conditional", "oco", "chase", "trigger", "move_order_stop", "iceberg", "twap", "smart_iceberg"],
            ...,
        ],
        algoId: Number | None = None,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instId: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.trade_modes.AlgoOrderRow]:
        """Open algo orders: none, this venue has no such orders. Read permission; 20 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.trade_modes.ORDERS_ALGO_PENDING,
            {"ordType": ordType, "algoId": algoId, "instType": instType, "instId": instId},
            rows.trade_modes.AlgoOrderRow,
            span,
        )

    def orders_algo_history(
        self,
        *,
        ordType: list[
            Literal["conditional", "oco", "chase", "trigger", "move_order_stop", "iceberg", "twap", "smart_iceberg"]
        ]
        | tuple[
            Literal["conditional", "oco", "chase", "trigger", "move_order_stop", "iceberg", "twap", "smart_iceberg"],
            ...,
        ],
        state: Literal["effective", "canceled", "order_failed"] | None = None,
        algoId: Number | None = None,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instId: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.trade_modes.AlgoOrderRow]:
        """Algo orders that ended: none, this venue has no such orders.

        Read permission; 20 in 2 s for a user.
        """
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.trade_modes.ORDERS_ALGO_HISTORY,
            {"ordType": ordType, "state": state, "algoId": algoId, "instType": instType, "instId": instId},
            rows.trade_modes.AlgoOrderRow,
            span,
        )

    async def get_algo_order(
        self, *, algoId: Number | None = None, algoClOrdId: str | None = None
    ) -> list[rows.trade_modes.AlgoOrderRow]:
        """One algo order: there is none. Read permission; 20 in 2 s for a user."""
        return await self._run(
            many(
                call(
                    self._session, contract.trade_modes.GET_ALGO_ORDER, {"algoId": algoId, "algoClOrdId": algoClOrdId}
                ),
                rows.trade_modes.AlgoOrderRow,
            )
        )

    async def one_click_repay_currency_list(
        self, *, debtType: Literal["cross", "isolated"] | None = None
    ) -> list[rows.trade_modes.RepayListV1Row]:
        """One-click repay of the margin modes: what is owed. Read permission; 1 in 2 s for a user."""
        return await self._run(
            many(
                call(self._session, contract.trade_modes.ONE_CLICK_REPAY_CURRENCY_LIST, {"debtType": debtType}),
                rows.trade_modes.RepayListV1Row,
            )
        )

    async def one_click_repay(
        self, *, debtCcy: list[str] | tuple[str, ...], repayCcy: str
    ) -> list[rows.trade_modes.RepayV1Row]:
        """One-click repay of the margin modes. Trade permission; 1 in 2 s for a user."""
        return await self._run(
            many(
                call(self._session, contract.trade_modes.ONE_CLICK_REPAY, {"debtCcy": debtCcy, "repayCcy": repayCcy}),
                rows.trade_modes.RepayV1Row,
            )
        )

    def one_click_repay_history(
        self, *, since: Moment | None = None, until: Moment | None = None, position: str | None = None
    ) -> AsyncHistory[rows.trade_modes.RepayV1Row]:
        """One-click repay of the margin modes: history. Read permission; 1 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(self, contract.trade_modes.ONE_CLICK_REPAY_HISTORY, {}, rows.trade_modes.RepayV1Row, span)
