"""A jump of a year, while an unmodified python-okx goes on asking: nobody times out, and health answers at once."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from okx.Account import AccountAPI

from tests.cli.process import Served, serving
from tests.patience import PATIENCE_S, working_less_than

YEAR_MS = 365 * 86_400_000


def health_within_a_second(venue: Served) -> dict[str, Any]:
    """Health, which is answered before the venue has worked on for a second."""
    client = HTTPConnection(urlsplit(venue.url).netloc, timeout=PATIENCE_S)
    try:
        with working_less_than(1, venue.process.pid):
            client.request(
                "GET", "/tally/v1/health", None, {"Authorization": f"Bearer {venue.connection['control_token']}"}
            )
            found: dict[str, Any] = json.loads(client.getresponse().read())
        return found
    finally:
        client.close()


@pytest.mark.long
def test_nobody_times_out_in_a_year(tmp_path: Path) -> None:
    """python-okx waits five seconds. It reads the account at the moment reached, which only gets later."""
    with serving(tmp_path, "--frozen", "--limits", "off", "--quiet") as venue:
        key = venue.connection["users"][0]["keys"][0]
        account = AccountAPI(key["api_key"], key["secret_key"], key["passphrase"], flag="0", domain=venue.url)
        begun = health_within_a_second(venue)["now_ms"]
        venue.control("POST", "clock/advance", {"by": "365d", "wait": False})
        reached, asked, on_the_way = begun, 0, True
        while on_the_way:
            health = health_within_a_second(venue)
            on_the_way = "advancing" in health
            assert health["now_ms"] >= reached
            reached = health["now_ms"]
            answer = account.get_account_balance()
            assert answer["code"] == "0"
            asked += 1
        account.close()
        assert reached == begun + YEAR_MS
        assert asked > 100
        # Others came in between all the way: the day-long steps of the jump are told by somebody who asked.
        assert venue.control("POST", "clock/advance", {"by": "1h"})["now_ms"] == reached + 3_600_000
