"""Typed rows of bill types.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from tallystick.client.readers import Parts, Text
from tallystick.client.records import Record


class SubTypeDetail(Record):
    """Row, or part of one, of `bill_types`."""

    __slots__ = ()

    subType = Text()
    """Finer kind of bill."""
    subTypeDesc = Text()
    """What the finer kind is called."""


class BillTypesRow(Record):
    """Row, or part of one, of `bill_types`."""

    __slots__ = ()

    type = Text()
    """Kind of bill."""
    typeDesc = Text()
    """What the kind is called."""
    subTypeDetails = Parts(SubTypeDetail)
    """Its finer kinds."""
