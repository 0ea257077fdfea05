"""Sub-codes: the reason behind a code. Items of orders carry them on the later surface (documented)."""

from __future__ import annotations

from typing import Final

SUB_CODES: Final[dict[str, str]] = {
    "51008": "1000",
    "51008/margin": "1001",
    "51008/auto_loan": "1002",
    "51008/pool": "1007",
    "51008/delta": "1010",
    "51008/restricted": "1015",
    "51008/restricted_borrow": "1016",
    "51008/tier": "1017",
    "51008/quota": "1019",
    "51502": "1030",
    "51502/balance": "1032",
    "51502/tier": "1034",
    "51502/pool": "1037",
    "51502/quota": "1049",
}
"""Keys of `contract.errors`; a refusal that is not among them has none."""
