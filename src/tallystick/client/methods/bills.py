"""Methods of bills.

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


class Bills(Half):
    """Endpoints of bills."""

    def account_bills(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instId: str | None = None,
        ccy: str | None = None,
        mgnMode: Literal["cross", "isolated"] | None = None,
        ctType: Literal["linear", "inverse"] | None = None,
        type: str | None = None,
        subType: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.bills.AccountBillsRow]:
        """What moved in the trading account in the last seven days.

        Read permission; 5 in 1 s for a user.
        """
        span = Span(since, until, position)
        return History(
            self,
            contract.bills.ACCOUNT_BILLS,
            {
                "instType": instType,
                "instId": instId,
                "ccy": ccy,
                "mgnMode": mgnMode,
                "ctType": ctType,
                "type": type,
                "subType": subType,
            },
            rows.bills.AccountBillsRow,
            span,
        )

    def account_bills_archive(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instId: str | None = None,
        ccy: str | None = None,
        mgnMode: Literal["cross", "isolated"] | None = None,
        ctType: Literal["linear", "inverse"] | None = None,
        type: str | None = None,
        subType: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.bills.AccountBillsRow]:
        """What moved in the trading account in the last three months.

        Read permission; 5 in 2 s for a user.
        """
        span = Span(since, until, position)
        return History(
            self,
            contract.bills.ACCOUNT_BILLS_ARCHIVE,
            {
                "instType": instType,
                "instId": instId,
                "ccy": ccy,
                "mgnMode": mgnMode,
                "ctType": ctType,
                "type": type,
                "subType": subType,
            },
            rows.bills.AccountBillsRow,
            span,
        )

    def asset_bills(
        self,
        *,
        ccy: str | None = None,
        type: str | None = None,
        clientId: str | None = None,
        thirdPartyType: Literal["1", "2", "5"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.bills.AssetBillsRow]:
        """What moved in the funding account in the last month. Read permission; 6 in 1 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.bills.ASSET_BILLS,
            {"ccy": ccy, "type": type, "clientId": clientId, "thirdPartyType": thirdPartyType},
            rows.bills.AssetBillsRow,
            span,
        )

    def asset_bills_history(
        self,
        *,
        ccy: str | None = None,
        type: str | None = None,
        clientId: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.bills.AssetBillsRow]:
        """What ever moved in the funding account. Read permission; 1 in 1 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.bills.ASSET_BILLS_HISTORY,
            {"ccy": ccy, "type": type, "clientId": clientId, "pagingType": "2"},
            rows.bills.AssetBillsRow,
            span,
        )


class AsyncBills(AsyncHalf):
    """Endpoints of bills, awaited."""

    def account_bills(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instId: str | None = None,
        ccy: str | None = None,
        mgnMode: Literal["cross", "isolated"] | None = None,
        ctType: Literal["linear", "inverse"] | None = None,
        type: str | None = None,
        subType: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.bills.AccountBillsRow]:
        """What moved in the trading account in the last seven days.

        Read permission; 5 in 1 s for a user.
        """
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.bills.ACCOUNT_BILLS,
            {
                "instType": instType,
                "instId": instId,
                "ccy": ccy,
                "mgnMode": mgnMode,
                "ctType": ctType,
                "type": type,
                "subType": subType,
            },
            rows.bills.AccountBillsRow,
            span,
        )

    def account_bills_archive(
        self,
        *,
        instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"] | None = None,
        instId: str | None = None,
        ccy: str | None = None,
        mgnMode: Literal["cross", "isolated"] | None = None,
        ctType: Literal["linear", "inverse"] | None = None,
        type: str | None = None,
        subType: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.bills.AccountBillsRow]:
        """What moved in the trading account in the last three months.

        Read permission; 5 in 2 s for a user.
        """
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.bills.ACCOUNT_BILLS_ARCHIVE,
            {
                "instType": instType,
                "instId": instId,
                "ccy": ccy,
                "mgnMode": mgnMode,
                "ctType": ctType,
                "type": type,
                "subType": subType,
            },
            rows.bills.AccountBillsRow,
            span,
        )

    def asset_bills(
        self,
        *,
        ccy: str | None = None,
        type: str | None = None,
        clientId: str | None = None,
        thirdPartyType: Literal["1", "2", "5"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.bills.AssetBillsRow]:
        """What moved in the funding account in the last month. Read permission; 6 in 1 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.bills.ASSET_BILLS,
            {"ccy": ccy, "type": type, "clientId": clientId, "thirdPartyType": thirdPartyType},
            rows.bills.AssetBillsRow,
            span,
        )

    def asset_bills_history(
        self,
        *,
        ccy: str | None = None,
        type: str | None = None,
        clientId: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.bills.AssetBillsRow]:
        """What ever moved in the funding account. Read permission; 1 in 1 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.bills.ASSET_BILLS_HISTORY,
            {"ccy": ccy, "type": type, "clientId": clientId, "pagingType": "2"},
            rows.bills.AssetBillsRow,
            span,
        )
