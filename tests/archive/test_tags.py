"""Converts with a tag, which a list shows only to who asks for the tag: missed by name, asked for, and remembered."""

from __future__ import annotations

import json

from tallystick.archive.checking import check
from tallystick.archive.gathering import account_of, gather
from tallystick.archive.pairs import TAG_HINT
from tallystick.archive.store import Archive
from tests.archive.venues import HOUR_MS, User


def convert(user: User, amount: str, tag: str = "") -> None:
    tagged = tag or None
    quote = user.client.convert_estimate_quote(
        baseCcy="BTC", quoteCcy="USDT", side="sell", rfqSz=amount, rfqSzCcy="BTC", tag=tagged
    )
    user.client.convert_trade(
        quoteId=quote.quoteId, baseCcy="BTC", quoteCcy="USDT", side="sell", sz=quote.rfqSz, szCcy="BTC", tag=tagged
    )


def pull(user: User, archive: Archive, *tags: str) -> list[str]:
    """Amounts of all converts of the archive after a pull, and an hour has passed before it."""
    user.levers.clock.advance(ms=HOUR_MS)
    account = account_of(archive, user.client, user.url, "test")
    assert gather(archive, user.client, account, tags=tags).failed == []
    raws = archive.read("SELECT raw FROM rows WHERE stream = 'convert_history'")
    return sorted(json.loads(raw)["fillBaseSz"] for (raw,) in raws)


def test_a_convert_with_a_tag_is_missed_by_its_bills_with_the_hint(user: User, archive: Archive) -> None:
    convert(user, "0.01")
    convert(user, "0.02", "desk1")
    assert pull(user, archive) == ["0.01"]
    missed = [problem for problem in check(archive).problems if problem.kind == "pair"]
    # The bill of the coin that went, and the one of the coin that came.
    assert len(missed) == 2
    assert {problem.text.split()[1] for problem in missed} >= {"-0.02"}
    assert all(TAG_HINT in problem.text for problem in missed)
    assert pull(user, archive, "desk1") == ["0.01", "0.02"]
    assert check(archive).problems == []


def test_a_tag_is_remembered_and_several_may_be_asked_for(user: User, archive: Archive) -> None:
    convert(user, "0.01", "desk1")
    convert(user, "0.02", "desk2")
    assert pull(user, archive, "desk1", "desk2") == ["0.01", "0.02"]
    convert(user, "0.03", "desk1")
    convert(user, "0.04", "desk2")
    convert(user, "0.05")
    assert pull(user, archive) == ["0.01", "0.02", "0.03", "0.04", "0.05"]
    assert check(archive).problems == []
    filters = [text for (text,) in archive.read("SELECT filters FROM series WHERE stream = 'convert_history'")]
    assert sorted(filters) == ['{"tag":"desk1"}', '{"tag":"desk2"}', "{}"]
