"""What happened and what was asked, as lists for programs and as lines for people."""

from __future__ import annotations

import asyncio
import json

import click
import msgspec

from tallystick.cli.lines import json_line, line
from tallystick.engine import ledger
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.commands import AdjustBalance
from tallystick.server.watcher import KEPT_MAX, Note, Row, Watcher
from tests.server.harness import World, within

BORROW = "/api/v5/account/spot-manual-borrow-repay"
HOUR_MS = 3_600_000


def watched(here: World) -> tuple[Watcher, list[Row]]:
    rows: list[Row] = []
    watcher = Watcher(here.services, here.app.sockets.hub, rows.extend)
    here.venue.listen(watcher)
    return watcher, rows


async def let_go() -> None:
    """Let the writer release what is durable."""
    for _ in range(20):
        await asyncio.sleep(0)


async def borrow(here: World, ccy: str, amt: str) -> str:
    answer = await here.signed("POST", BORROW, {"ccy": ccy, "side": "borrow", "amt": amt})
    return str(answer.code)


def test_events_have_named_fields_decimals_and_words() -> None:
    async def story(here: World) -> None:
        seq = here.venue.state.seq
        assert await borrow(here, "USDT", "12.5") == "0"
        found = (await here.control("GET", f"events?after={seq}")).json()
        assert found["events"] == [
            {
                "seq": seq + 1,
                "at": "2026-01-15T18:00:00.000Z",
                "at_ms": 1768500000000,
                "kind": "Borrowed",
                "user": "alice",
                "words": "borrowed 12.5 USDT, owes 512.5",
                "words_zh": "借入 12.5 USDT，共欠 512.5",
                "fields": {
                    "user_id": 1001,
                    "ccy": "USDT",
                    "amount": "12.5",
                    "kind": "manual_borrow",
                    "debt_after": "512.5",
                },
            }
        ]
        assert found["next"] == seq + 1
        assert (await here.control("GET", f"events?after={seq + 1}")).json() | {"ok": True} == {
            "ok": True,
            "generation": 1,
            "events": [],
            "next": seq + 1,
        }

    within(story)


def test_prices_and_hours_are_left_out_unless_all_is_asked_for() -> None:
    async def story(here: World) -> None:
        seq = here.venue.state.seq
        await here.venue.advance(by_ms=HOUR_MS)
        few = (await here.control("GET", f"events?after={seq}&limit=1000")).json()
        everything = (await here.control("GET", f"events?after={seq}&limit=1000&all=true")).json()
        kinds = {event["kind"] for event in everything["events"]}
        assert few["events"] == []
        assert few["next"] == everything["next"] > seq
        assert {"MarketMoved", "HourPassed"} <= kinds
        hour = next(event for event in everything["events"] if event["kind"] == "HourPassed")
        assert hour["fields"] == {"hour": "2026-01-15T19:00:00.000Z"}

    within(story)


def test_what_is_watched_is_requests_and_events_once_and_in_order() -> None:
    async def story(here: World) -> None:
        watcher, rows = watched(here)
        assert await borrow(here, "USDT", "12.5") == "0"
        assert await borrow(here, "XYZ", "1") == "51012"
        assert rows == []
        watcher.gather()
        await let_go()
        said = [click.unstyle(line(msgspec.json.decode(msgspec.json.encode(row)))) for row in rows]
        assert [text.split(" ms")[0].rpartition(" ")[0] for text in said[:2]] == [
            "2026-01-15 18:00:00.000  alice      POST spot_manual_borrow_repay 0",
            "2026-01-15 18:00:00.000  alice      POST spot_manual_borrow_repay 51012",
        ]
        assert said[1].endswith(
            "XYZ is not a coin here; there are BTC ETH USDT USDC SOL DOGE DOT LTC OKB ADA AVAX: GET parameters"
        )
        assert said[2] == "2026-01-15 18:00:00.000  alice      borrowed 12.5 USDT, owes 512.5"
        assert json.loads(json_line(rows[1]))["code"] == "51012"
        watcher.gather()
        assert len(rows) == 3

    within(story)


def test_interest_of_some_hours_is_one_line_whether_it_is_booked_or_due() -> None:
    """The sums are what the debts have grown by, also where a request in between had a part of it booked."""

    async def story(here: World) -> None:
        watcher, rows = watched(here)
        before = ledger.debts(here.venue.state, 1001)
        await here.venue.advance(by_ms=2 * HOUR_MS)
        assert await borrow(here, "USDT", "1") == "0"
        await here.venue.advance(by_ms=HOUR_MS)
        watcher.gather()
        await let_go()
        after = ledger.debts(here.venue.state, 1001)
        grown = {ccy: after[ccy] - before[ccy] - (10**18 if ccy == "USDT" else 0) for ccy in before}
        told = ", ".join(f"{text_from_atoms(grown[ccy])} {ccy}" for ccy in sorted(grown))
        (note,) = [row for row in rows if isinstance(row, Note)]
        assert note.words == f"interest of 3 hours to 2026-01-15 21:00: {told}"
        await here.venue.advance(by_ms=HOUR_MS)
        watcher.gather()
        await let_go()
        assert isinstance(rows[-1], Note)
        assert rows[-1].words.startswith("interest of the hour to 22:00: ")

    within(story)


def test_more_than_is_shown_at_a_time_is_counted() -> None:
    async def story(here: World) -> None:
        watcher, rows = watched(here)
        for _ in range(130):
            await here.ask("GET", "/api/v5/public/time")
        for number in range(KEPT_MAX + 7):
            await here.venue.submit(adjusting(number))
        watcher.gather()
        await let_go()
        notes = [row.words for row in rows if isinstance(row, Note)]
        assert notes == ["... and 30 more requests", "... and 7 more entries of the journal"]
        assert len(rows) == 100 + 100 + 2

    within(story)


def adjusting(number: int) -> AdjustBalance:
    return AdjustBalance(user_id=1001, account="funding", ccy="BTC", delta=10**10 * (number + 1))


def test_long_work_is_told_now_and_then() -> None:
    async def story(here: World) -> None:
        watcher, rows = watched(here)
        await here.control("POST", "clock/advance", {"by": "30d", "wait": False})
        for _ in range(16):
            watcher.gather()
        await let_go()
        words = [row.words for row in rows if isinstance(row, Note) and row.kind == "work"]
        assert len(words) == 2
        assert words[0].startswith("advancing: 2026-01-15T")
        await here.control("POST", "clock", {"mode": "frozen"})

    within(story)
