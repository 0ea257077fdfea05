"""Streams: the lists of an account that an archive keeps. Each is data from the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from tallystick.contract.core import SPOT, Endpoint, Page
from tallystick.contract.endpoints import by_name

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
TIMES: Final = ("ts", "cTime", "uTime", "fillTime")
"""Fields that say when a row was made, the first that a row has."""


class Stream(Struct, frozen=True):
    """A list that is kept. `filters` are sent with every page. Of an account that is or was in another mode than Spot
    the list is read with the filters `in_margin` too, where there are any.

    `late_ms`: how long after its own time a row may still appear; each pull reads that far back again. `open_list` is
    the list of what will become rows at an earlier place: they are read back to the oldest of it. `tagged`: the
    exchange shows rows with a tag only to who asks for the tag. `of_masters`: sub-accounts have no such list.
    """

    endpoint: Endpoint
    filters: Mapping[str, str] = {}
    in_margin: Mapping[str, str] = {}
    late_ms: int = 2 * MINUTE_MS
    open_list: str = ""
    tagged: bool = False
    of_masters: bool = False

    @property
    def name(self) -> str:
        return self.endpoint.name

    @property
    def of_margin(self) -> bool:
        """True for a list that Spot mode does not have: it is read once the account has been in a mode that does."""
        return bool(self.endpoint.modes) and SPOT not in self.endpoint.modes

    @property
    def page(self) -> Page:
        page = self.endpoint.page
        if page is None:
            raise TypeError(f"{self.name} is no history")
        return page

    @property
    def retention_ms(self) -> int | None:
        """How long the exchange shows a row, None for ever."""
        return self.page.retention_ms or self.page.kept_by_row_ms

    @property
    def time(self) -> str:
        """Field with the time of a row in Unix milliseconds."""
        names = self.endpoint.answer.__struct_encode_fields__
        if self.page.cursor in TIMES:
            return self.page.cursor
        return next(name for name in TIMES if name in names)

    @property
    def identity(self) -> tuple[str, ...] | None:
        """Fields that a row is known by beside its cursor: none where the cursor is enough, None for all of them."""
        if self.page.identity:
            return self.page.identity
        return None if self.page.shared or self.page.cursor in TIMES else ()


_SPOT: Final = {"instType": "SPOT"}
_MARGIN: Final = {"instType": "MARGIN"}

STREAMS: Final[Mapping[str, Stream]] = {
    stream.name: stream
    for stream in (
        Stream(by_name["loan_history"]),
        Stream(by_name["loan_interest_accrued"], late_ms=24 * HOUR_MS),
        Stream(by_name["convert_history"], tagged=True),
        Stream(by_name["one_click_repay_history_v2"]),
        Stream(by_name["one_click_repay_history"]),
        Stream(by_name["easy_convert_history"]),
        Stream(by_name["spot_borrow_repay_history"]),
        Stream(by_name["interest_accrued"], late_ms=24 * HOUR_MS),
        Stream(by_name["account_bills"]),
        Stream(by_name["account_bills_archive"]),
        Stream(by_name["asset_bills"]),
        Stream(by_name["asset_bills_history"], filters={"pagingType": "2"}),
        Stream(by_name["orders_history"], filters=_SPOT, in_margin=_MARGIN, open_list="orders_pending"),
        Stream(by_name["orders_history_archive"], filters=_SPOT, in_margin=_MARGIN, open_list="orders_pending"),
        Stream(by_name["fills"]),
        Stream(by_name["fills_history"], filters=_SPOT, in_margin=_MARGIN),
        Stream(by_name["deposit_history"]),
        Stream(by_name["withdrawal_history"]),
        Stream(by_name["subaccount_bills"], of_masters=True),
    )
}
"""By name, in the order in which they are pulled.

Interest may be booked some hours late, which is one of the venue's faults: its rows have the time of their hour, and
are read back a day. Its bills have the time they were booked at.
"""
