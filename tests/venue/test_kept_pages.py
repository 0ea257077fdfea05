"""Pages that were read are kept until a row of theirs is put, and nobody sees one that is not the present one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from tallystick.engine import core
from tallystick.engine.amounts import ONE
from tallystick.engine.commands import AdjustBalance, Transfer
from tallystick.store.api import KEY_MAX, HistoryRow, WriteBatch
from tallystick.store.memory import MemoryStore
from tallystick.venue.clock import Clock
from tallystick.venue.following import FollowingVenue
from tallystick.venue.histories import Histories
from tallystick.venue.interfaces import PageQuery
from tallystick.venue.kept_pages import OWNERS_MAX, ROW_BYTES, ROWS_AHEAD, KeptPages, Run
from tallystick.views.tables import TRANSFERS
from tests.venue.world import PARAMETERS, USER, running

T = TypeVar("T")
TABLE = "loan_history"
ASKED = PageQuery(TABLE, USER, 0, 100, limit=10)


def row(key: int, user_id: int = USER, body: bytes = b"") -> HistoryRow:
    return HistoryRow(table=TABLE, user_id=user_id, key=key, id=0, a="", b="", body=body or b"%03d" % key)


def nothing() -> None:
    """Do nothing."""


class Counting(MemoryStore):
    """Store that counts the pages that are read; `meanwhile` is done in the middle of each read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.meanwhile = nothing

    async def page(self, *asked: Any, **more: Any) -> list[bytes]:
        self.reads += 1
        found = await super().page(*asked, **more)
        self.meanwhile()
        return found

    async def run(self, *asked: Any, **more: Any) -> tuple[Sequence[int], Sequence[bytes]]:
        self.reads += 1
        found = await super().run(*asked, **more)
        self.meanwhile()
        return found


class World:
    """Histories over a store, whose rows are put here. `meanwhile` is done after a query has had its turn."""

    def __init__(self, bytes_max: int = 10_000) -> None:
        self.store = Counting()
        self.pages = KeptPages(bytes_max)
        self.generation = 1
        self.meanwhile = nothing
        self.put_last: list[HistoryRow] = []
        self.histories = Histories(self.query, self.store, lambda: self.generation, self.pages)
        self.state = core.new_state(PARAMETERS, 0)

    async def query(self, answer: Callable[[Any, int], T], /) -> T:
        """As a line: everything put before the answer is durable when it is handed out."""
        found = answer(self.state, 0)
        self.write()
        self.meanwhile()
        return found

    def put(self, *rows: HistoryRow) -> None:
        self.pages.end(rows)
        self.put_last += rows

    def write(self) -> None:
        self.store.write(WriteBatch(rows=self.put_last))
        self.put_last = []

    async def page(self, asked: PageQuery = ASKED) -> list[bytes]:
        return await self.histories.page(asked)


def test_a_page_is_read_once_until_a_row_of_it_is_put() -> None:
    async def story() -> None:
        here = World()
        here.put(row(1), row(2))
        assert [await here.page() for _ in range(3)] == [[b"002", b"001"]] * 3
        assert here.store.reads == 1
        here.put(row(3, user_id=USER + 1))
        await here.page()
        assert here.store.reads == 1
        here.put(row(3))
        assert [await here.page() for _ in range(2)] == [[b"003", b"002", b"001"]] * 2
        assert here.store.reads == 2
        assert await here.page(PageQuery(TABLE, USER, 0, 2, limit=10)) == [b"002", b"001"]

    asyncio.run(story())


def test_who_is_given_a_page_may_change_it() -> None:
    async def story() -> None:
        here = World()
        here.put(row(1))
        for _ in range(2):
            (await here.page()).append(b"mine")
        assert await here.page() == [b"001"]

    asyncio.run(story())


def test_a_page_that_changes_while_it_is_read_is_not_kept() -> None:
    """The row is put after the store was read, and before whoever asked has the page."""

    async def story() -> None:
        here = World()
        here.put(row(1))
        here.store.meanwhile = lambda: here.put(row(2))
        assert await here.page() == [b"001"]
        assert here.pages.held == 0
        here.store.meanwhile = nothing
        assert await here.page() == [b"002", b"001"]

    asyncio.run(story())


def test_a_page_that_changes_before_it_is_read_and_is_not_written_yet_is_not_kept() -> None:
    """The row is put after the turn of who asks, and the store is read before it is durable."""

    async def story() -> None:
        here = World()
        here.put(row(1))
        here.meanwhile = lambda: here.put(row(2))
        assert await here.page() == [b"001"]
        here.meanwhile = nothing
        assert await here.page() == [b"002", b"001"]

    asyncio.run(story())


def test_no_page_outlives_its_generation() -> None:
    """A generation begins in the middle of a read: the page is read anew, and nothing of before is kept."""

    async def story() -> None:
        here = World()
        here.put(row(1))

        def begin() -> None:
            here.store.meanwhile = nothing
            here.pages.clear()
            here.generation += 1
            here.put(row(1, body=b"new"))

        here.store.meanwhile = begin
        assert [await here.page() for _ in range(2)] == [[b"new"]] * 2
        assert here.store.reads == 2

    asyncio.run(story())


def test_what_is_kept_is_bounded() -> None:
    """A page of one row takes its body and twice what a row takes beside it: 3 + 120 bytes, so eight fit into 1,000."""

    async def story() -> None:
        assert ROW_BYTES == 60
        here = World(bytes_max=1_000)
        here.put(row(1))
        for limit in range(1, 40):
            await here.page(PageQuery(TABLE, USER, 0, 100, limit=limit))
            assert here.pages.held <= 1_000
        assert here.pages.held == 39 % 9 * 123
        here.put(row(2))
        assert here.pages.held == 0
        for user_id in range(2 * OWNERS_MAX):
            here.pages.of((TABLE, user_id))
        assert len(here.pages) <= OWNERS_MAX

    asyncio.run(story())


# ---- walks


def bodies(*keys: int) -> list[bytes]:
    return [b"%03d" % key for key in keys]


async def walked(here: World, pages: int, limit: int = 10) -> list[bytes]:
    """Pages from the newest row of a hundred down, each from below the last row of the one before on."""
    found: list[bytes] = []
    for number in range(pages):
        found += await here.page(PageQuery(TABLE, USER, 0, 100 - limit * number, limit=limit))
    return found


def test_who_walks_has_five_pages_read_at_once() -> None:
    """Three pages alone, then five and, as the walk goes on, the two that are left."""

    async def story() -> None:
        here = World(bytes_max=100_000)
        here.put(*map(row, range(1, 101)))
        reads = []
        for pages in range(1, 11):
            again = World(bytes_max=100_000)
            again.put(*map(row, range(1, 101)))
            assert await walked(again, pages) == bodies(*range(100, 100 - 10 * pages, -1))
            reads.append(again.store.reads)
        assert reads == [1, 2, 3, 4, 4, 4, 4, 4, 5, 5]

    asyncio.run(story())


def test_a_run_is_bounded_and_a_page_as_large_is_read_alone() -> None:
    async def story() -> None:
        here = World(bytes_max=1_000_000)
        here.put(*[row(key) for key in range(5_000)])
        for limit, reads in ((ROWS_AHEAD, 8), (ROWS_AHEAD - 1, 8), (200, 6)):
            here.pages.clear()
            here.store.reads = 0
            for number in range(8):
                await here.page(PageQuery(TABLE, USER, 0, 4_999 - limit * number, limit=limit))
            assert here.store.reads == reads, limit
        assert here.pages.held < 1_000_000

    asyncio.run(story())


def test_who_jumps_about_has_each_page_read_alone() -> None:
    async def story() -> None:
        here = World(bytes_max=100_000)
        here.put(*map(row, range(1, 101)))
        for number, highest in enumerate((90, 40, 70, 30, 80, 20, 60, 50, 10), 1):
            await here.page(PageQuery(TABLE, USER, 0, highest, limit=10))
            assert here.store.reads == number

    asyncio.run(story())


@pytest.mark.parametrize("when", ["before", "while it is read", "after the turn"])
def test_a_run_ends_with_a_row_of_its_owner(when: str) -> None:
    """The row comes before the run is read, while it is, and after the turn of who asks but before it is written."""

    async def story() -> None:
        here = World(bytes_max=100_000)
        here.put(*map(row, range(1, 101)))
        await walked(here, 3)
        new = HistoryRow(table=TABLE, user_id=USER, key=55, id=1, a="", b="", body=b"new")
        if when == "while it is read":
            here.store.meanwhile = lambda: here.put(new)
        elif when == "after the turn":
            here.meanwhile = lambda: here.put(new)
        await here.page(PageQuery(TABLE, USER, 0, 70, limit=10))
        here.store.meanwhile = here.meanwhile = nothing
        if when == "before":
            here.put(new)
        assert await here.page(PageQuery(TABLE, USER, 0, 60, limit=10)) == [
            *bodies(60, 59, 58, 57, 56),
            b"new",
            *bodies(55, 54, 53, 52),
        ]

    asyncio.run(story())


async def wandered(seed: int) -> None:
    """Readers walk, jump, change their filters and bounds, and rows come, some with the key of others: every page is
    the one that the store has."""
    chance = random.Random(seed)
    here = World(bytes_max=chance.choice([5_000, 100_000]))
    here.put(*[made(chance, number) for number in range(150)])
    highest = asked = 0
    for number in range(400):
        if chance.random() < 0.02:
            here.put(made(chance, 1_000 + number))
        if chance.random() < 0.1 or highest <= 0:
            highest, limit = chance.choice([100, 100, 60]), chance.choice([1, 3, 5])
            lowest, a = chance.choice([0, 0, 30]), chance.choice([None, None, "x", "y"])
        query = PageQuery(TABLE, USER, lowest + chance.choice([0, 0, 0, 1, -1]), highest, a=a, limit=limit)
        found = await here.page(query)
        assert found == await MemoryStore.page(here.store, TABLE, USER, query.min_key, highest, a=a, limit=limit)
        last = int(found[-1][:3]) if found else 0
        highest = last if chance.random() < 0.3 and last < highest else last - 1
        asked += 1
    assert here.store.reads < asked


def made(chance: random.Random, number: int) -> HistoryRow:
    key = chance.randrange(1, 100)
    body = b"%03d of %d" % (key, number)
    return HistoryRow(table=TABLE, user_id=USER, key=key, id=number, a=chance.choice(["", "x", "y"]), b="", body=body)


def test_every_page_is_the_one_that_the_store_has() -> None:
    for seed in range(40):
        asyncio.run(wandered(seed))


def of_any_filters(self: Run, asked: PageQuery) -> bool:
    return True


def of_any_bounds(self: Run, asked: PageQuery) -> list[bytes] | None:
    self.asked = replace(self.asked, min_key=-KEY_MAX)
    return run_page(self, asked)


def cut_short(self: Run, asked: PageQuery) -> list[bytes] | None:
    self.ended = True
    return run_page(self, asked)


def kept_in_any_case(self: KeptPages, owner: tuple[str, int], pages: Any, run: Run) -> None:
    self.of(owner).run = run


def not_dropped(self: KeptPages, rows: Any) -> None:
    """A row is put, and what is kept stays."""


run_page = Run.page


@pytest.mark.parametrize(
    ("owner", "name", "planted"),
    [
        (Run, "_same_filters", of_any_filters),
        (Run, "page", of_any_bounds),
        (Run, "page", cut_short),
        (KeptPages, "end", not_dropped),
    ],
    ids=["filters", "bounds", "cut short", "not dropped"],
)
def test_a_planted_bug_of_runs_is_seen(
    monkeypatch: pytest.MonkeyPatch, owner: type[object], name: str, planted: Callable[..., Any]
) -> None:
    monkeypatch.setattr(owner, name, planted)
    with pytest.raises(AssertionError):
        test_every_page_is_the_one_that_the_store_has()


def test_a_run_that_is_kept_in_any_case_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KeptPages, "keep_run", kept_in_any_case)
    with pytest.raises(AssertionError):
        test_a_run_ends_with_a_row_of_its_owner("while it is read")


# ---- whole venues


def test_a_follower_keeps_no_page() -> None:
    """Its rows come into the store by another server."""

    async def story() -> None:
        store = Counting()
        store.write(WriteBatch(rows=[row(1)]))
        venue = FollowingVenue(store, PARAMETERS, None, Clock("frozen", at_ms=1_700_000_000_000))
        await venue.start()
        await venue.histories.page(ASKED)
        store.write(WriteBatch(rows=[row(2)]))
        assert await venue.histories.page(ASKED) == [b"002", b"001"]
        await venue.stop()

    asyncio.run(story())


def test_a_venue_that_is_asked_again_and_again_answers_as_its_store() -> None:
    """Transfers to and fro, and a reset half way; three who ask at a time compare with what the store has by then."""

    async def story() -> None:
        chance, rows_seen = random.Random(7), 0
        pages = [PageQuery(TRANSFERS.name, USER, 0, KEY_MAX, limit=limit) for limit in (1, 5, 100)]
        async with running() as venue:
            for number in range(200):
                if number == 100:
                    await venue.reset()
                    assert await venue.histories.page(pages[0]) == []
                if chance.random() < 0.4:
                    await venue.submit(there if number % 2 else back)
                found = await asyncio.gather(*(venue.histories.page(asked) for asked in pages))
                for asked, rows in zip(pages, found, strict=True):
                    assert rows == await venue.store.page(TRANSFERS.name, USER, 0, KEY_MAX, limit=asked.limit)
                    rows_seen += len(rows)
        assert rows_seen > 1_000

    there = Transfer(user_id=USER, ccy="BTC", amount=ONE // 1_000, source="trading", target="funding")
    back = AdjustBalance(user_id=USER, account="trading", ccy="BTC", delta=ONE // 1_000)
    asyncio.run(story())
