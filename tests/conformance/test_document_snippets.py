"""The Python snippets of the documents, in both languages, through real python-okx: edited for domain and keys only."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from okx.Account import AccountAPI
from okx.Finance.FlexibleLoan import FlexibleLoanAPI
from okx.Trade import TradeAPI

from tallystick.contract import ENDPOINTS
from tests.conformance.served import Served
from tests.law.documents import documents

pytestmark = pytest.mark.filterwarnings(
    "ignore:Use 'content=:DeprecationWarning",
    "ignore:use_server_time parameter is deprecated:DeprecationWarning",
)

SNIPPET = re.compile(r"^ *(?:import okx|from okx)\b.*?^ *print\(result\)", re.MULTILINE | re.DOTALL)


def snippets() -> list[tuple[str, str]]:
    """(path, code) of every Python snippet; convert history has none in either language."""
    found = []
    for document in sorted(documents().glob("*.txt")):
        text = document.read_text(encoding="utf-8")
        path = re.search(r"`(?:GET|POST) (/api/\S+)`", text)
        assert path is not None
        found += [(path[1], snippet[0]) for snippet in SNIPPET.finditer(text)]
    return found


def test_all_snippets_run(venue: Served) -> None:
    code = snippets()
    assert sorted(path for path, _ in code) == sorted(
        path
        for path in (
            "/api/v5/trade/one-click-repay-history-v2",
            "/api/v5/trade/one-click-repay-v2",
            "/api/v5/finance/flexible-loan/loan-history",
            "/api/v5/account/set-auto-repay",
        )
        for _ in ("en", "zh")
    )
    answer_of = {endpoint.path: endpoint.answer for endpoint in ENDPOINTS}
    # Each snippet meets a user of its own, who has debts, a run behind him and a loan.
    for turn, (path, snippet) in enumerate(code):
        name = f"snippet{turn}"
        key = venue.new_user(name, BTC="1")
        prepare(venue, name, key)
        result = run(snippet, venue.url, key)
        assert result["code"] == "0", (path, result)
        assert result["data"], path
        assert set(result["data"][0]) == set(answer_of[path].__struct_encode_fields__)


def prepare(venue: Served, name: str, key: tuple[str, str, str]) -> None:
    """A debt in USDC with a run behind it, another debt, and a flexible loan."""
    account = AccountAPI(*key, flag="1", domain=venue.url)
    trade = TradeAPI(*key, flag="1", domain=venue.url)
    loans = FlexibleLoanAPI(*key, flag="1", domain=venue.url)
    venue.control(f"users/{name}/balance", {"account": "funding", "ccy": "BTC", "amt": "1"})
    for done in (
        account.spot_manual_borrow_repay(ccy="USDC", side="borrow", amt="10"),
        trade.oneclick_repay_v2("USDC", ["USDC", "BTC"]),
        account.spot_manual_borrow_repay(ccy="USDC", side="borrow", amt="10"),
        loans.borrow({"ccy": "USDT", "amt": "100"}, "first", collateralData=[{"ccy": "BTC", "amt": "0.1"}]),
    ):
        assert done["code"] == "0", done
    for client in (account, trade, loans):
        client.close()


def run(snippet: str, url: str, key: tuple[str, str, str]) -> dict[str, Any]:
    """Put in the keys and the domain, run, and return what the snippet prints."""
    indent = min(len(line) - len(line.lstrip()) for line in snippet.splitlines()[1:] if line.strip())
    code = "\n".join(line[indent:] if line[:indent].isspace() else line.lstrip() for line in snippet.splitlines())
    for placeholder, value in zip(("YOUR_API_KEY", "YOUR_SECRET_KEY", "YOUR_PASSPHRASE"), key, strict=True):
        assert placeholder in code
        code = code.replace(placeholder, value)
    code, edits = re.subn(r"(passphrase, False, flag)", rf'\1, domain="{url}"', code)
    assert edits == 1
    names: dict[str, Any] = {}
    exec(compile(code, "<document>", "exec"), names)
    # The documents leave their client open.
    for value in names.values():
        if isinstance(value, httpx.Client):
            value.close()
    found: dict[str, Any] = names["result"]
    return found
