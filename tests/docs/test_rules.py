"""Tables of docs/rules say what is declared: cursors, codes, types of rows, kinds of bills, tiers."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from tallystick.contract import ENDPOINTS
from tallystick.contract.errors import ERRORS
from tallystick.contract.flexible_loan import LoanHistoryType
from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.kinds import LoanKind
from tallystick.venue.parameters import load_parameters
from tallystick.views.bills import BORROWING, REPAYING
from tallystick.views.kinds import LOAN_TYPES

RULES = Path(__file__).parents[2] / "docs" / "rules"
DAY_MS = 86_400_000
KEPT: dict[str, int | None] = {
    "7 days": 7 * DAY_MS,
    "1 month": 30 * DAY_MS,
    "30 days": 30 * DAY_MS,
    "3 months": 90 * DAY_MS,
    "1 year": 365 * DAY_MS,
    "for ever": None,
}


def rows_under(page: str, anchor: str) -> list[list[str]]:
    """Cells of the first table behind an anchor, its head left out."""
    text = (RULES / page).read_text(encoding="utf-8").partition(f'<a id="{anchor}"></a>')[2]
    lines = text[text.index("|---") :].splitlines()[1:]
    found = []
    for line in lines:
        if not line.strip().startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    return found


def test_cursors_are_those_declared() -> None:
    pages = {endpoint.path.removeprefix("/api/v5/"): endpoint.page for endpoint in ENDPOINTS}
    listed = rows_under("cursors.md", "table")
    assert len(listed) == 11
    for path, cursor, own, kept in listed:
        page = pages[path.strip("`")]
        assert page is not None
        assert f"`{page.cursor}`" in cursor
        assert own == ("included" if page.inclusive else "left out")
        assert KEPT[kept] == page.retention_ms


def test_codes_have_the_status_declared() -> None:
    listed = rows_under("requests.md", "order-of-checks")
    told = {code: int(status) for _, codes, status in listed for code in codes.split(", ")}
    assert told == {code: ERRORS[code].http_status for code in told}
    assert len(told) == 17


def test_every_type_of_loan_row_is_told() -> None:
    listed = {row[0].strip("`") for row in rows_under("flexible-loans.md", "twelve-types")}
    assert listed == set(get_args(LoanHistoryType)) == set(LOAN_TYPES.values())
    assert len(listed) == len(get_args(LoanKind)) == 12


def test_bills_of_borrowing_are_those_made() -> None:
    kinds = {**BORROWING, **REPAYING}
    listed = {row[2].strip("`"): tuple(row[3].split(", ")) for row in rows_under("borrowing.md", "ways")}
    assert listed == {name: kinds[name] for name in ("auto_borrow", "manual_borrow", "auto_repay", "manual_repay")}


@pytest.mark.parametrize("row", rows_under("margin.md", "tiers")[:3], ids=lambda row: row[0])
def test_borrow_tiers_are_those_packaged(row: list[str]) -> None:
    ccy, bounds, maintenance, initial, _ = row
    tiers = load_parameters().currencies[ccy].margin_tiers
    assert numbers(bounds) == [bound for bound, _, _ in tiers]
    assert numbers(maintenance) == [rate * 100 for _, rate, _ in tiers]
    assert numbers(initial) == [rate * 100 for _, _, rate in tiers]


def numbers(cell: str) -> list[int]:
    """`1, 2 million` and `3, 6.25 %` in atoms; commas inside of a number have no blank behind them."""
    parts = cell.removesuffix(" million").removesuffix(" %").split(", ")
    found = [atoms_from_text(part.replace(",", "")) for part in parts]
    return [value * 10**6 if cell.endswith("million") and value < 10**3 * 10**18 else value for value in found]


def test_lines_by_discount_follow_from_the_formulas() -> None:
    one = 10**18
    for discount, initial, margin_call, liquidation, full in rows_under("flexible-loans.md", "ltv-table"):
        counted = atoms_from_text(discount)
        lines = [counted * 10**4 * 10 // 14, counted * 10**4 * 1_000 // 1_015]
        assert [atoms_from_text(text) * 10**4 for text in (initial, liquidation)] == [
            line // one * one for line in lines
        ]
        assert atoms_from_text(margin_call) == atoms_from_text(liquidation) - one // 10
        assert atoms_from_text(full) == min((one + atoms_from_text(liquidation)) // 2, one * 98 // 100)
