from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.served import Served, lint_of, running

KNOWN_ODDITIES = {
    # ccxt's fetch_ledger
    "GET /api/v5/asset/bills: unknown parameter instType, did you mean type?",
    # ccxt's cancel_all_orders_after
    "POST /api/v5/trade/cancel-all-after: timeOut was sent as a number, the document says text",
    # ccxt with `paginate`
    "GET /api/v5/trade/fills-history: limit is above the maximum and was cut to it: 100",
    # okx-api names its maker in every private POST, also where there is no tag
    "POST /api/v5/account/spot-manual-borrow-repay: unknown parameter tag",
    "POST /api/v5/trade/cancel-order: unknown parameter tag",
    "POST /api/v5/account/set-auto-repay: unknown parameter tag",
    "POST /api/v5/asset/transfer: unknown parameter tag",
    "POST /api/v5/trade/one-click-repay-v2: unknown parameter tag",
    "POST /api/v5/finance/flexible-loan/borrow: unknown parameter tag",
    "POST /api/v5/finance/flexible-loan/adjust-collateral: unknown parameter tag",
    "POST /api/v5/finance/flexible-loan/repay: unknown parameter tag",
}
"""What real clients send that no document asks for."""


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One venue for a module: limits off, so that tests need not pace themselves.

    Whatever the lint said of these unmodified clients must be known: it raises no alarm on what is documented.
    """
    log = tmp_path_factory.mktemp("log") / "serve.log"
    with running(tmp_path_factory.mktemp("venue"), "--limits", "off", log=log) as served:
        yield served
    assert [line for line in lint_of(log) if line not in KNOWN_ODDITIES] == []
