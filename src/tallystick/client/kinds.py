"""Kinds of parameters as the methods take them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

AmountLike: TypeAlias = Decimal | int | str
"""An exact amount. A float is refused: it is not what it looks like."""
Moment: TypeAlias = datetime | int
"""An aware datetime, or Unix milliseconds."""
Number: TypeAlias = int | str
"""The number of an order or record."""
