"""Methods of bill types.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many


class BillTypes(Half):
    """Endpoints of bill types."""

    def bill_types(self, *, type: list[str] | tuple[str, ...] | None = None) -> list[rows.bill_types.BillTypesRow]:
        """The kinds of bills there are. Read permission; 20 in 2 s for a user."""
        return self._run(
            many(call(self._session, contract.bill_types.BILL_TYPES, {"type": type}), rows.bill_types.BillTypesRow)
        )


class AsyncBillTypes(AsyncHalf):
    """Endpoints of bill types, awaited."""

    async def bill_types(
        self, *, type: list[str] | tuple[str, ...] | None = None
    ) -> list[rows.bill_types.BillTypesRow]:
        """The kinds of bills there are. Read permission; 20 in 2 s for a user."""
        return await self._run(
            many(call(self._session, contract.bill_types.BILL_TYPES, {"type": type}), rows.bill_types.BillTypesRow)
        )
