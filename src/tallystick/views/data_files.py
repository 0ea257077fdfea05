"""Files of past market data: none, in the form the exchange gives for none."""

from __future__ import annotations

from tallystick.contract import data_files as contract
from tallystick.engine.state import State
from tallystick.views.core import Caller, QueryView, Refusal, View


def market_data_history(
    state: State, request: contract.MarketDataHistory, caller: Caller
) -> tuple[contract.MarketDataHistoryRow]:
    """One row without a file (documented: the sample for no data).

    Refused: spot without `instIdList`, other types without `instFamilyList` (50014).
    """
    if request.instType == "SPOT" and not request.instIdList:
        raise Refusal("50014", param="instIdList")
    if request.instType != "SPOT" and not request.instFamilyList:
        raise Refusal("50014", param="instFamilyList")
    return (
        contract.MarketDataHistoryRow(
            dateAggrType=request.dateAggrType, details=(), totalSizeMB="0", ts=str(caller.at_ms)
        ),
    )


VIEWS: dict[str, View] = {"market_data_history": QueryView(contract.MarketDataHistory, market_data_history)}
