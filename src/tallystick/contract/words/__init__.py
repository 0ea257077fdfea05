"""Meanings of the exchange's names, in our own words and both languages.

One name means one thing almost everywhere, so it is said once, here; where a field means something
more particular, its declaration carries a `doc` of its own, which wins.
"""

from __future__ import annotations

from typing import Final

from tallystick.contract.core import Doc
from tallystick.contract.fields import Field
from tallystick.contract.words.account import ACCOUNT
from tallystick.contract.words.borrowing import BORROWING
from tallystick.contract.words.convert import CONVERT
from tallystick.contract.words.funding import FUNDING
from tallystick.contract.words.market import MARKET
from tallystick.contract.words.orders import ORDERS

WORDS: Final[dict[str, Doc]] = {**ORDERS, **ACCOUNT, **BORROWING, **FUNDING, **CONVERT, **MARKET}


def words(field: Field) -> Doc:
    """The words for one field; every declared field has some, and a test sees to it."""
    return field.doc or WORDS[field.name]
