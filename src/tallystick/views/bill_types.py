"""Types and subTypes of bills."""

from __future__ import annotations

from tallystick.contract import bill_types as contract
from tallystick.engine.state import State
from tallystick.views.core import Caller, QueryView, View


def kinds(state: State, request: contract.BillTypes, caller: Caller) -> tuple[contract.BillTypesRow, ...]:
    """Kinds of bills, by number. A kind that no bill of this venue can have is left out."""
    return tuple(row for row in contract.KINDS if not request.type or row.type in request.type)


VIEWS: dict[str, View] = {"bill_types": QueryView(contract.BillTypes, kinds)}
