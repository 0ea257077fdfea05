"""Control calls that look back: the state as it was, to its digest, and why an entry did what it did."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from docs import rules as rules_file
from tallystick.engine.journaled import AnyEvent
from tallystick.server.control.explanations import EXPLAINED, decided_by, ruled_by
from tallystick.venue import looking_back
from tests.server.harness import World, within

RULES = Path(__file__).resolve().parents[2] / "docs" / "rules"


def test_every_moment_has_the_digest_it_had() -> None:
    async def story(here: World) -> None:
        digests = {}
        for step in range(6):
            await here.control(
                "POST", "users/alice/balance", {"account": "trading", "ccy": "DOT", "amt": str(step + 1)}
            )
            if step % 2:
                await here.control("POST", "clock/advance", {"by": "1h"})
            found = (await here.control("GET", "state-hash")).json()
            digests[found["seq"]] = found["hash"]
        before = await here.seq_and_hash()
        for seq, digest in digests.items():
            past = (await here.control("GET", f"users/alice/past?seq={seq}")).json()
            assert (past["seq"], past["hash"]) == (seq, digest)
        assert await here.seq_and_hash() == before

    within(story)


def test_a_user_is_as_then() -> None:
    """alice gets 5 DOT and then 7 more."""

    async def story(here: World) -> None:
        seqs = []
        for amt in ("5", "7"):
            await here.control("POST", "users/alice/balance", {"account": "trading", "ccy": "DOT", "amt": amt})
            seqs.append((await here.control("GET", "state-hash")).json()["seq"])
        held = []
        for seq in (seqs[0] - 1, *seqs):
            past = (await here.control("GET", f"users/alice/past?seq={seq}")).json()
            held.append([row["cashBal"] for row in past["balance"][0]["details"] if row["ccy"] == "DOT"])
            assert past["newest"] == seqs[-1]
        assert held == [[], ["5"], ["12"]]

    within(story)


def test_an_entry_is_explained_by_command_events_and_rules() -> None:
    """alice owes 100 USDC from the start and borrows 50 more."""

    async def story(here: World) -> None:
        borrow = {"ccy": "USDC", "side": "borrow", "amt": "50"}
        asked = {"method": "POST", "path": "/api/v5/account/spot-manual-borrow-repay", "body": borrow}
        assert (await here.control("POST", "users/alice/request", asked)).json()["answer"]["code"] == "0"
        seq = (await here.control("GET", "state-hash")).json()["seq"]
        why = (await here.control("GET", f"users/alice/why?seq={seq}")).json()
        assert why["command"]["name"] == "ManualBorrow"
        assert why["command"]["fields"]["amount"] == "50"
        assert (why["command"]["user"], why["command"]["words"]) == ("alice", "borrow 50 USDC by hand")
        assert why["command"]["words_zh"] == "手动借入 50 USDC"
        assert "Borrowed" in [event["kind"] for event in why["events"]]
        owed = [
            next(row["liab"] for row in moment["balance"][0]["details"] if row["ccy"] == "USDC")
            for moment in (why["before"], why["after"])
        ]
        assert owed == ["100", "150"]
        assert "borrowing.md#ways" in [rule["place"] for rule in why["rules"]]
        assert [row["page"][:3] for row in why["decisions"]] == ["003"]

    within(story)


def test_what_is_not_there_is_refused_with_what_is() -> None:
    async def story(here: World) -> None:
        newest = (await here.control("GET", "state-hash")).json()["seq"]
        for path, status, said in (
            (f"users/alice/past?seq={newest + 1}", 404, f"there is no entry {newest + 1}"),
            (f"users/alice/why?seq={newest + 1}", 404, f"there is no entry {newest + 1}"),
            ("users/alice/why?seq=0", 404, "entry 0 is none"),
            ("users/nobody/past?seq=1", 404, "there is no user 'nobody'"),
            ("users/alice/past?seq=0", 404, "there is no user 'alice'"),
            ("users/alice/past?seq=x", 400, "seq must be a whole number"),
            ("users/alice/past?seq=-1", 400, "seq must be a whole number"),
        ):
            answer = await here.control("GET", path)
            assert answer.status == status, path
            assert answer.json()["error"]["message"].startswith(said)

    within(story)


def test_too_far_from_a_snapshot_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking_back, "FOLDED_MAX", 3)

    async def story(here: World) -> None:
        newest = (await here.control("GET", "state-hash")).json()["seq"]
        assert newest > 3
        answer = await here.control("GET", f"users/alice/past?seq={newest}")
        assert answer.status == 409
        assert "too far from a snapshot" in answer.json()["error"]["message"]

    within(story)


def test_every_explanation_is_of_an_event_and_leads_to_a_rule() -> None:
    anchors = {
        f"{path.name}#{anchor}"
        for path in RULES.glob("*.md")
        for anchor in re.findall(r'<a id="([a-z-]+)"></a>', path.read_text(encoding="utf-8"))
    }
    for kind, explained in EXPLAINED.items():
        assert kind in {event.__name__ for event in get_args(AnyEvent)}, kind
        assert set(explained.rules) <= anchors, kind
        assert len(decided_by([kind])) == len(set(explained.decisions)), kind
    assert rules_file.FILE.read_text(encoding="utf-8") == rules_file.made(), "make docs writes it anew"
    assert ruled_by(["HourPassed"])[0].words.startswith("At the full hour (UTC) interest is what is owed")
    assert ruled_by(["Borrowed", "Borrowed"]) == ruled_by(["Borrowed"])
