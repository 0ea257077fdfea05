"""Checking an archive: what is held against what, and what it comes to.

damage        the file, the keys of each series against their count and sum, the hash chain of the pages
gaps          times of a series that no reading went through, and rows that were there and are not shown any more
chains        bills that are missing between two others, or before the live balance
unprovable    full pages of one cursor value, which may hide rows
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from tallystick.archive import chains, pairs, spans
from tallystick.archive.chain_of_pages import GENESIS, Link, hash_of
from tallystick.archive.keys import MASK, weight
from tallystick.archive.records import Kind, Problem, Verdict
from tallystick.archive.store import Archive, Series
from tallystick.archive.streams import STREAMS

BILLED: Final = frozenset({"account_bills", "account_bills_archive", "asset_bills_history"})
"""Streams of which every row that moves a balance is proven by its chain."""


def problem(kind: Kind, where: tuple[str, str], times: tuple[int, int], text: str) -> Problem:
    return Problem(kind=kind, account=where[0], stream=where[1], from_ms=times[0], until_ms=times[1], text=text)


NOWHERE: Final = ("", "")
NEVER: Final = (0, 0)


def check(archive: Archive) -> Verdict:
    """Hold all that an archive has against each other."""
    problems = [*_file(archive), *_pages(archive)]
    titles = {account.id: account.title for account in archive.accounts()}
    rows = 0
    for series in archive.all_series():
        title = titles[series.account]
        rows += _count(archive, series)
        problems += [*_keys(archive, series, title), *_gaps(archive, series, title), *_holes(archive, series, title)]
    for account in archive.accounts():
        problems += [
            problem(
                "chain", (account.title, ", ".join(chains.BILLS[one.kind])), (one.after_ms, one.before_ms), one.text()
            )
            for one in chains.broken(archive, account.id)
        ]
        problems += [
            problem("pair", (account.title, one.stream), (one.at_ms, one.at_ms), one.text())
            for one in pairs.alone(archive, account.id)
        ]
    ((pages,),) = archive.read("SELECT count(*) FROM page")
    return Verdict(not problems, rows, pages, problems)


def _file(archive: Archive) -> Iterator[Problem]:
    for (said,) in archive.read("PRAGMA quick_check(20)"):
        if said != "ok":
            yield problem("damage", NOWHERE, NEVER, f"SQLite says: {said}")


def _pages(archive: Archive) -> Iterator[Problem]:
    """The hash chain over the pages, and the answers that were kept."""
    before = GENESIS
    titles = {account.id: account.title for account in archive.accounts()}
    of = {series.id: (titles[series.account], series.stream) for series in archive.all_series()}
    query = "SELECT id, series, answered_ms, asked, rows, body, hash FROM page ORDER BY id"
    for number, series, answered_ms, asked, rows, body, found in archive.db.execute(query):
        account, stream = of[series]
        link = Link(
            account=account,
            stream=stream,
            answered_ms=answered_ms,
            asked=msgspec.json.decode(asked),
            rows=rows,
            body=body.hex(),
        )
        before = hash_of(before, link)
        if before != found:
            text = f"page {number} does not follow from the one before it: it, or one before it, was changed or removed"
            yield problem("damage", (account, stream), (answered_ms, answered_ms), text)
            return


def _count(archive: Archive, series: Series) -> int:
    ((count,),) = archive.read("SELECT count FROM series WHERE id = ?", series.id)
    return int(count)


def _keys(archive: Archive, series: Series, title: str) -> Iterator[Problem]:
    """Keys of the rows against the count and the sum that were written with them."""
    ((noted, total),) = archive.read("SELECT count, total FROM series WHERE id = ?", series.id)
    count = found = 0
    for key in archive.db.execute("SELECT cursor, identity, n FROM row WHERE series = ?", (series.id,)):
        count += 1
        found += weight(key)
    if count != noted:
        yield problem("damage", (title, series.stream), NEVER, f"{noted:,} rows were written and {count:,} are there")
    elif found & MASK != total:
        yield problem("damage", (title, series.stream), NEVER, "rows that were written have been replaced by others")


def _gaps(archive: Archive, series: Series, title: str) -> Iterator[Problem]:
    stream = STREAMS[series.stream]
    found = archive.spans(series.id)
    read_ms = last_read_ms(archive, series)
    for gap in spans.gaps(found, read_ms, stream.retention_ms):
        text = "the exchange no longer showed these times" if gap.lost else "these times are not read yet: pull again"
        yield problem("gap", (title, series.stream), (gap.from_ms, gap.until_ms), text)
    query = "SELECT at_ms, text FROM finding WHERE series = ? ORDER BY at_ms"
    for at_ms, text in archive.db.execute(query, (series.id,)):
        yield problem("vanished", (title, series.stream), (at_ms, at_ms), text)


def _holes(archive: Archive, series: Series, title: str) -> Iterator[Problem]:
    query = "SELECT at_ms, rows FROM hole WHERE series = ? ORDER BY cursor"
    for at_ms, rows in archive.db.execute(query, (series.id,)):
        text = f"{rows} rows of one time fill a page: the list cannot show whether there are more"
        yield problem("unprovable", (title, series.stream), (at_ms, at_ms), text)


def last_read_ms(archive: Archive, series: Series) -> int:
    """The exchange's time of the last page of a series, 0 before the first."""
    ((at_ms,),) = archive.read("SELECT ifnull(max(answered_ms), 0) FROM page WHERE series = ?", series.id)
    return int(at_ms)
