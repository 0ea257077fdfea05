"""Typed rows of amend.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from tallystick.client.readers import Flag, MaybeText, Text, Time
from tallystick.client.records import Record


class AmendOrderRow(Record):
    """Row, or part of one, of `amend_order`, `amend_batch_orders`."""

    __slots__ = ()

    clOrdId = MaybeText()
    """Your own id for the order."""
    ordId = MaybeText()
    """Order or loan number."""
    ts = Time()
    """Time, Unix milliseconds."""
    reqId = MaybeText()
    """Your own id for the change."""
    sCode = Text()
    """Code of this item, 0 when it worked."""
    sMsg = MaybeText()
    """What went wrong with this item."""
    subCode = MaybeText()
    """Finer code of this item."""


class CancelAllAfterRow(Record):
    """Row, or part of one, of `cancel_all_after`."""

    __slots__ = ()

    triggerTime = Time()
    """When the orders are cancelled, Unix seconds; 0 when off."""
    tag = MaybeText()
    """Broker's tag."""
    ts = Time()
    """When it was asked, Unix seconds."""


class MassCancelRow(Record):
    """Row, or part of one, of `mass_cancel`."""

    __slots__ = ()

    result = Flag()
    """It was done."""
