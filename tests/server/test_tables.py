"""Tables of the histories: what a row is stored under is what a page asks for."""

from __future__ import annotations

import pytest

from tallystick.contract import by_name
from tallystick.contract.trades import TradesRow
from tallystick.views import VIEWS, PageView, SiftedView, tables
from tallystick.views.tables import Table

ALL = [value for value in vars(tables).values() if isinstance(value, Table)]
PAGED = [name for name, view in VIEWS.items() if isinstance(view, PageView | SiftedView)]
BY_TIME_TOO = (tables.ACCOUNT_BILLS, tables.ASSET_BILLS)
"""Their numbers begin with the time."""


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_a_table_is_named_once_and_has_at_most_two_filters(table: Table) -> None:
    assert [one.name for one in ALL].count(table.name) == 1
    assert len(table.filters) <= 2


@pytest.mark.parametrize("name", PAGED)
def test_the_key_of_a_table_is_the_cursor_of_its_endpoints(name: str) -> None:
    view, page = VIEWS[name], by_name[name].page
    assert isinstance(view, PageView | SiftedView)
    assert page is not None
    assert view.table.key == page.cursor or view.table in BY_TIME_TOO


def test_rows_and_pages_go_by_the_names_of_filters() -> None:
    assert tables.FILLS.asked(ordId="5", instId="") == (None, "5")
    assert tables.FILLS.asked() == (None, None)
    with pytest.raises(KeyError, match=r"found by \('instId', 'ordId'\)"):
        tables.FILLS.asked(ccy="BTC")
    row = TradesRow(instId="BTC-USDT", side="buy", sz="1", px="2", tradeId="3", ts="4")
    stored = tables.TRADES.row(0, 3, 0, row, instId="BTC-USDT")
    assert (stored.table, stored.key, stored.id, stored.a, stored.b) == ("trades", 3, 0, "BTC-USDT", "")
    with pytest.raises(KeyError):
        tables.TRADES.row(0, 3, 0, row)
