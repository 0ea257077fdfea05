from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.served import Served, running

KNOWN_ODDITIES = {
    # ccxt's fetch_ledger
    "GET /api/v5/asset/bills: unknown parameter instType, did you mean type?",
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
    said = [
        line.partition("tallystick.lint: ")[2] for line in log.read_text().splitlines() if "tallystick.lint" in line
    ]
    assert [line for line in said if line not in KNOWN_ODDITIES] == []
