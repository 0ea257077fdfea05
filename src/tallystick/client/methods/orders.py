"""Methods of orders.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.halves import AsyncHalf, Half
from tallystick.client.history import AsyncHistory, History
from tallystick.client.kinds import Moment, Number
from tallystick.client.walk import Span


class Orders(Half):
    """Endpoints of orders."""

    def orders_pending(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instFamily: str | None = None,
        instId: str | None = None,
        ordType: list[
            Literal[
                "market",
                "limit",
                "post_only",
                "fok",
                "ioc",
                "optimal_limit_ioc",
                "mmp",
                "mmp_and_post_only",
                "op_fok",
                "elp",
                "rpi",
            ]
        ]
        | tuple[
            Literal[
                "market",
                "limit",
                "post_only",
                "fok",
                "ioc",
                "optimal_limit_ioc",
                "mmp",
                "mmp_and_post_only",
                "op_fok",
                "elp",
                "rpi",
            ],
            ...,
        ]
        | None = None,
        state: Literal["live", "partially_filled"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.trade.GetOrderRow]:
        """Open orders. Read permission; 60 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.orders.ORDERS_PENDING,
            {"instType": instType, "instFamily": instFamily, "instId": instId, "ordType": ordType, "state": state},
            rows.trade.GetOrderRow,
            span,
        )

    def orders_history(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        instFamily: str | None = None,
        instId: str | None = None,
        ordType: list[
            Literal[
                "market",
                "limit",
                "post_only",
                "fok",
                "ioc",
                "optimal_limit_ioc",
                "mmp",
                "mmp_and_post_only",
                "op_fok",
                "elp",
                "rpi",
            ]
        ]
        | tuple[
            Literal[
                "market",
                "limit",
                "post_only",
                "fok",
                "ioc",
                "optimal_limit_ioc",
                "mmp",
                "mmp_and_post_only",
                "op_fok",
                "elp",
                "rpi",
            ],
            ...,
        ]
        | None = None,
        state: Literal["canceled", "filled", "mmp_canceled"] | None = None,
        category: Literal["twap", "adl", "full_liquidation", "partial_liquidation", "delivery", "ddh"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.trade.GetOrderRow]:
        """Orders that ended in the last seven days. Read permission; 40 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.orders.ORDERS_HISTORY,
            {
                "instType": instType,
                "instFamily": instFamily,
                "instId": instId,
                "ordType": ordType,
                "state": state,
                "category": category,
            },
            rows.trade.GetOrderRow,
            span,
        )

    def orders_history_archive(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        instFamily: str | None = None,
        instId: str | None = None,
        ordType: list[
            Literal[
                "market",
                "limit",
                "post_only",
                "fok",
                "ioc",
                "optimal_limit_ioc",
                "mmp",
                "mmp_and_post_only",
                "op_fok",
                "elp",
                "rpi",
            ]
        ]
        | tuple[
            Literal[
                "market",
                "limit",
                "post_only",
                "fok",
                "ioc",
                "optimal_limit_ioc",
                "mmp",
                "mmp_and_post_only",
                "op_fok",
                "elp",
                "rpi",
            ],
            ...,
        ]
        | None = None,
        state: Literal["canceled", "filled", "mmp_canceled"] | None = None,
        category: Literal["twap", "adl", "full_liquidation", "partial_liquidation", "delivery", "ddh"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.trade.GetOrderRow]:
        """Orders with a fill that ended in the last three months. Read permission; 20 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.orders.ORDERS_HISTORY_ARCHIVE,
            {
                "instType": instType,
                "instFamily": instFamily,
                "instId": instId,
                "ordType": ordType,
                "state": state,
                "category": category,
            },
            rows.trade.GetOrderRow,
            span,
        )

    def fills(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instFamily: str | None = None,
        instId: str | None = None,
        ordId: Number | None = None,
        subType: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.orders.FillRow]:
        """Fills of the last three days. Read permission; 60 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.orders.FILLS,
            {"instType": instType, "instFamily": instFamily, "instId": instId, "ordId": ordId, "subType": subType},
            rows.orders.FillRow,
            span,
        )

    def fills_history(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        instFamily: str | None = None,
        instId: str | None = None,
        ordId: Number | None = None,
        subType: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.orders.FillRow]:
        """Fills of the last three months. Read permission; 10 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.orders.FILLS_HISTORY,
            {"instType": instType, "instFamily": instFamily, "instId": instId, "ordId": ordId, "subType": subType},
            rows.orders.FillRow,
            span,
        )


class AsyncOrders(AsyncHalf):
    """Endpoints of orders, awaited."""

    def orders_pending(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instFamily: str | None = None,
        instId: str | None = None,
        ordType: list[
            Literal[
                "market",
                "limit",
                "post_only",
                "fok",
                "ioc",
                "optimal_limit_ioc",
                "mmp",
                "mmp_and_post_only",
                "op_fok",
                "elp",
                "rpi",
            ]
        ]
        | tuple[
            Literal[
                "market",
                "limit",
                "post_only",
                "fok",
                "ioc",
                "optimal_limit_ioc",
                "mmp",
                "mmp_and_post_only",
                "op_fok",
                "elp",
                "rpi",
            ],
            ...,
        ]
        | None = None,
        state: Literal["live", "partially_filled"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.trade.GetOrderRow]:
        """Open orders. Read permission; 60 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.orders.ORDERS_PENDING,
            {"instType": instType, "instFamily": instFamily, "instId": instId, "ordType": ordType, "state": state},
            rows.trade.GetOrderRow,
            span,
        )

    def orders_history(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        instFamily: str | None = None,
        instId: str | None = None,
        ordType: list[
            Literal[
                "market",
                "limit",
                "post_only",
                "fok",
                "ioc",
                "optimal_limit_ioc",
                "mmp",
                "mmp_and_post_only",
                "op_fok",
                "elp",
                "rpi",
            ]
        ]
        | tuple[
            Literal[
                "market",
                "limit",
                "post_only",
                "fok",
                "ioc",
                "optimal_limit_ioc",
                "mmp",
                "mmp_and_post_only",
                "op_fok",
                "elp",
                "rpi",
            ],
            ...,
        ]
        | None = None,
        state: Literal["canceled", "filled", "mmp_canceled"] | None = None,
        category: Literal["twap", "adl", "full_liquidation", "partial_liquidation", "delivery", "ddh"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.trade.GetOrderRow]:
        """Orders that ended in the last seven days. Read permission; 40 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.orders.ORDERS_HISTORY,
            {
                "instType": instType,
                "instFamily": instFamily,
                "instId": instId,
                "ordType": ordType,
                "state": state,
                "category": category,
            },
            rows.trade.GetOrderRow,
            span,
        )

    def orders_history_archive(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        instFamily: str | None = None,
        instId: str | None = None,
        ordType: list[
            Literal[
                "market",
                "limit",
                "post_only",
                "fok",
                "ioc",
                "optimal_limit_ioc",
                "mmp",
                "mmp_and_post_only",
                "op_fok",
                "elp",
                "rpi",
            ]
        ]
        | tuple[
            Literal[
                "market",
                "limit",
                "post_only",
                "fok",
                "ioc",
                "optimal_limit_ioc",
                "mmp",
                "mmp_and_post_only",
                "op_fok",
                "elp",
                "rpi",
            ],
            ...,
        ]
        | None = None,
        state: Literal["canceled", "filled", "mmp_canceled"] | None = None,
        category: Literal["twap", "adl", "full_liquidation", "partial_liquidation", "delivery", "ddh"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.trade.GetOrderRow]:
        """Orders with a fill that ended in the last three months. Read permission; 20 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.orders.ORDERS_HISTORY_ARCHIVE,
            {
                "instType": instType,
                "instFamily": instFamily,
                "instId": instId,
                "ordType": ordType,
                "state": state,
                "category": category,
            },
            rows.trade.GetOrderRow,
            span,
        )

    def fills(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instFamily: str | None = None,
        instId: str | None = None,
        ordId: Number | None = None,
        subType: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.orders.FillRow]:
        """Fills of the last three days. Read permission; 60 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.orders.FILLS,
            {"instType": instType, "instFamily": instFamily, "instId": instId, "ordId": ordId, "subType": subType},
            rows.orders.FillRow,
            span,
        )

    def fills_history(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"],
        instFamily: str | None = None,
        instId: str | None = None,
        ordId: Number | None = None,
        subType: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.orders.FillRow]:
        """Fills of the last three months. Read permission; 10 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.orders.FILLS_HISTORY,
            {"instType": instType, "instFamily": instFamily, "instId": instId, "ordId": ordId, "subType": subType},
            rows.orders.FillRow,
            span,
        )
