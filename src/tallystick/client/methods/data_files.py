"""Methods of data files.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, one
from tallystick.client.kinds import Moment


class DataFiles(Half):
    """Endpoints of data files."""

    def market_data_history(
        self,
        *,
        module: Literal["1", "2", "3", "4", "5", "6", "11"],
        instType: Literal["SPOT", "FUTURES", "SWAP", "OPTION"],
        instIdList: list[str] | tuple[str, ...] | None = None,
        instFamilyList: list[str] | tuple[str, ...] | None = None,
        dateAggrType: Literal["daily", "monthly"],
        begin: Moment,
        end: Moment,
    ) -> rows.data_files.MarketDataHistoryRow:
        """Files of past market data; there are none here. Public; 5 in 2 s for an address."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.data_files.MARKET_DATA_HISTORY,
                    {
                        "module": module,
                        "instType": instType,
                        "instIdList": instIdList,
                        "instFamilyList": instFamilyList,
                        "dateAggrType": dateAggrType,
                        "begin": begin,
                        "end": end,
                    },
                ),
                rows.data_files.MarketDataHistoryRow,
            )
        )


class AsyncDataFiles(AsyncHalf):
    """Endpoints of data files, awaited."""

    async def market_data_history(
        self,
        *,
        module: Literal["1", "2", "3", "4", "5", "6", "11"],
        instType: Literal["SPOT", "FUTURES", "SWAP", "OPTION"],
        instIdList: list[str] | tuple[str, ...] | None = None,
        instFamilyList: list[str] | tuple[str, ...] | None = None,
        dateAggrType: Literal["daily", "monthly"],
        begin: Moment,
        end: Moment,
    ) -> rows.data_files.MarketDataHistoryRow:
        """Files of past market data; there are none here. Public; 5 in 2 s for an address."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.data_files.MARKET_DATA_HISTORY,
                    {
                        "module": module,
                        "instType": instType,
                        "instIdList": instIdList,
                        "instFamilyList": instFamilyList,
                        "dateAggrType": dateAggrType,
                        "begin": begin,
                        "end": end,
                    },
                ),
                rows.data_files.MarketDataHistoryRow,
            )
        )
