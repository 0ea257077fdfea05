"""Planted bugs of rows of histories and bills, and what catches each."""

from __future__ import annotations

from tests.properties.planting import Bug

ROWS = (
    Bug(
        "the row shows another debt",
        "views.borrow.history_row",
        "amount(event.debt_after)",
        "amount(event.amount)",
        ("H1",),
    ),
    # ---- bills
    Bug(
        "the bill of a trade forgets the fee",
        "views.bills._filled",
        'amount(-event.fee) if received else "0"',
        '"0"',
        ("H8",),
    ),
    Bug("bills with the wrong sign", "views.bills.moved", "before + delta", "before - delta", ("H8",)),
    Bug("a balance stands still in its bills", "views.bills.rows_of", "after - change", "after", ("H8",)),
    Bug("a fill bears the other bill's number", "views.orders.fill_row", "fee_ccy][1]", "fee_ccy][1] - 1", ("H8",)),
    Bug("fills with the fee as a gift", "views.orders._fill", "amount(-event.fee)", "amount(event.fee)", ("H1",)),
    Bug("interest adds to the equity", "views.bills.interest_bill", "ccy, -interest,", "ccy, interest,", ("H8",)),
    Bug("a transfer the wrong way", "views.bills._transferred", "change > 0", "change < 0", ("H8",)),
    Bug("every repayment by hand", "views.bills._repaid", "REPAYING[event.kind]", "REPAYING['manual_repay']", ("H8",)),
)
