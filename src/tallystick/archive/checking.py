"""Checking an archive: what is held against what, and what it comes to.

damage        the database, the rows of each series against their count and sum, the hash chain of the pages
gaps          times of a series that no reading went through, and rows that were there and are not shown any more
chains        bills that are missing between two others, or before the live balance
pairs         rows that have no counterpart
unprovable    full pages of one cursor value, which may hide rows

A check of what is new begins where the last one ended, whose results are kept with the hash that the pages had then.
It reads nothing behind that: damage there is found by a check of all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from tallystick.archive import spans
from tallystick.archive.absence import SHOWN_BY, absences, absent_now, modeless
from tallystick.archive.bases.core import ArchiveAway, ArchiveError, again
from tallystick.archive.bills import BILLS
from tallystick.archive.chain_of_pages import GENESIS, hash_of, linked, state_of
from tallystick.archive.keys import mark, weight
from tallystick.archive.records import Absent, Kind, Problem, Times, Verdict
from tallystick.archive.store import Account, Archive, Series, stream_of
from tallystick.archive.sweep import Settled, Sweep, Tally
from tallystick.archive.verified import Verified, keep, last, may_begin

_OF_BILLS: Final = frozenset({"account_bills", "account_bills_archive", "asset_bills_history"})
"""Streams of which every row that moves a balance is proven by its chain."""
BILLED: Final = _OF_BILLS | {"spot_borrow_repay_history", "interest_accrued", "fills", "fills_history"}
"""Streams of which a missing row is found by bills: theirs, or those that every row has."""
MARKED: Final = {
    "former": "SELECT id, mark, row, series, cursor, identity, n, at_ms, until_ms, raw FROM former WHERE id > ?",
    "finding": "SELECT id, mark, series, at_ms, found_ms, text FROM finding WHERE id > ?",
    "absence": "SELECT id, mark, series, mode, from_ms, until_ms FROM absence WHERE id > ?",
    "balance": "SELECT at_ms, mark, account, kind, at_ms, ccy, amount FROM balance WHERE at_ms > ?",
}
"""Tables whose rows have a number made from the rest: what is noted of each, that number, and the rest."""
NEW_ROWS: Final = "SELECT series, cursor, identity, n, at_ms, raw FROM row WHERE id > ?"
REPLACED: Final = "SELECT series, cursor, identity, n, at_ms, raw FROM former WHERE id > ? AND row <= ?"
LOST: Final = "the exchange no longer showed these times"
NOT_READ: Final = "these times are not read yet: pull again"
NOWHERE: Final = ("", "")
NEVER: Final = (0, 0)


def problem(kind: Kind, where: tuple[str, str], times: tuple[int, int], text: str) -> Problem:
    return Problem(kind=kind, account=where[0], stream=where[1], from_ms=times[0], until_ms=times[1], text=text)


def check(archive: Archive) -> Verdict:
    """Hold all that an archive has against each other. Raises ArchiveError where it cannot be read at all."""
    return again(lambda: _checked(archive, None))[0]


def check_new(archive: Archive) -> Verdict:
    """Check what came since the last such check, or all where there was none, and keep how far it came.

    Nothing is kept where damage is found, so that the next one reads that again. Raises ArchiveError.
    """
    verdict, verified = again(lambda: _checked(archive, last(archive)))
    if not any(one.kind == "damage" for one in verdict.problems):
        keep(archive, verified)
    return verdict


def _checked(archive: Archive, since: Verified | None) -> tuple[Verdict, Verified]:
    with ThreadPoolExecutor(1) as beside, archive.base.reading():
        # The database looks at itself meanwhile.
        faults = None if since else beside.submit(archive.base.faults)
        checker = Checker(archive, since)
        checker.run()
        if faults is not None:
            checker.problems[:0] = [problem("damage", NOWHERE, NEVER, text) for text in faults.result()]
    verdict = Verdict(
        proven=not checker.problems,
        whole=since is None,
        rows=checker.rows,
        pages=checker.pages,
        problems=checker.problems,
        absent=checker.absent,
    )
    return verdict, checker.verified


class Checker:
    """One check, of all or of what came since an earlier one. `verified` is what it may leave for the next."""

    def __init__(self, archive: Archive, since: Verified | None) -> None:
        self.archive = archive
        self.since = since or Verified()
        self.whole = since is None
        self.verified = Verified()
        self.problems: list[Problem] = []
        self.absent: list[Absent] = []
        self.rows = self.pages = 0
        self.sweeps: dict[int, Sweep] = {}
        self.tallies: dict[int, Tally] = {}

    def run(self) -> None:
        """Check everything. What cannot be read is damage, and the rest is checked all the same."""
        archive = self.archive
        accounts: list[Account] = []
        series: list[Series] = []
        with self._guarded(NOWHERE):
            accounts, series = archive.accounts(), archive.all_series()
            self.verified.row = archive.next_row() - 1
            if not self.whole:
                self._sum_new()
        with self._guarded(NOWHERE):
            self._pages()
        for table in MARKED:
            with self._guarded(NOWHERE):
                self._marks(table)
        titles = {account.id: account.title for account in accounts}
        for account in accounts:
            with self._guarded((account.title, "")):
                self._account(account)
        for one in series:
            where = (titles.get(one.account, ""), one.stream)
            with self._guarded(where):
                self._series(one, where)

    @contextmanager
    def _guarded(self, where: tuple[str, str]) -> Iterator[None]:
        try:
            yield
        except ArchiveAway:
            raise
        except ArchiveError as error:
            self.problems.append(problem("damage", where, NEVER, str(error)))

    # ---- pages

    def _pages(self) -> None:
        """The hash chain over the pages, and the answers that were kept."""
        before, number = GENESIS, 0
        if not self.whole:
            before, number = bytes.fromhex(self.since.head), self.since.page
        for page in linked(self.archive, number):
            where, times = (page.link.account, page.link.stream), (page.link.answered_ms, page.link.answered_ms)
            before, number = hash_of(before, page.link), page.id
            if before != page.hash:
                said = "does not follow from the one before it: it, or one before it, was changed or removed"
                self.problems.append(problem("damage", where, times, f"page {page.id} {said}"))
                return
            if page.answer is not None and hashlib.sha256(page.answer).hexdigest() != page.link.body:
                said = "was kept with an answer that is not the one that was read"
                self.problems.append(problem("damage", where, times, f"page {page.id} {said}"))
        self.verified.page, self.verified.head = number, before.hex()
        ((self.pages,),) = self.archive.read("SELECT count(*) FROM page")

    # ---- small tables

    def _marks(self, table: str) -> None:
        """Rows of a small table against the numbers that were made from them."""
        highest = after = self.since.noted.get(table, 0)
        for place, was, *values in self.archive.base.stream(MARKED[table], after):
            highest = max(highest, place)
            if mark(*values) != was:
                self.problems.append(problem("damage", NOWHERE, NEVER, f"a row of {table} was changed: {values}"))
        self.verified.noted[table] = highest

    # ---- accounts

    def _account(self, account: Account) -> None:
        """All rows of an account, or those that an earlier check had not settled: chains and pairs."""
        since = None if self.whole else self._settled(account)
        sweep = self.sweeps[account.id] = Sweep(self.archive, account, since)
        sweep.run()
        if self.whole:
            self.tallies.update(sweep.tallies)
        for chain in sweep.chains.values():
            where = (account.title, ", ".join(BILLS[chain.kind]))
            for one in (*chain.broken, *chain.ended()):
                self.problems.append(problem("chain", where, (one.after_ms, one.before_ms), one.text()))
        for matcher in sweep.matchers:
            for lonely in matcher.alone():
                where = (account.title, lonely.stream)
                self.problems.append(problem("pair", where, (lonely.at_ms, lonely.at_ms), lonely.text()))
        self.verified.accounts[account.id] = sweep.settle()

    def _settled(self, account: Account) -> Settled | None:
        """Where the sweep of an account may begin; None where it must be read from the start."""
        found = self.since.accounts.get(account.id)
        return found if found and may_begin(self.archive, account, found, self.since.row) else None

    # ---- series

    def _series(self, series: Series, where: tuple[str, str]) -> None:
        ((count, total),) = self.archive.read("SELECT count, total FROM series WHERE id = ?", series.id)
        self.rows += count
        self.verified.series[series.id] = (count, total)
        self._sums(series, where, (count, total))
        said = self.archive.read("SELECT state FROM page WHERE series = ? ORDER BY id DESC LIMIT 1", series.id)
        if bytes(said[0][0]) != state_of(self.archive.base, series.id) if said else count:
            text = "what is noted of this series was changed, or pages of it were removed"
            self.problems.append(problem("damage", where, NEVER, text))
        self._gaps(series, where)
        self._holes(series, where)

    def _sums(self, series: Series, where: tuple[str, str], noted: tuple[int, int]) -> None:
        """Rows against the count and the sum that were written with them."""
        tally = self.tallies.get(series.id, None if self.whole else Tally())
        if tally is None:
            raise ArchiveError("its rows could not be read to the end")
        found = tally.count, tally.total
        if found[0] != noted[0]:
            text = f"rows that were written: {noted[0]:,}; rows that are there: {found[0]:,}"
            self.problems.append(problem("damage", where, NEVER, text))
        elif found[1] != noted[1]:
            text = "rows that were written have been changed, or replaced by others"
            self.problems.append(problem("damage", where, NEVER, text))

    def _sum_new(self) -> None:
        """Count and sum of each series as the last check left them, with what was written and replaced since."""
        for series, (count, total) in self.since.series.items():
            self.tallies[series] = Tally(count, total)
        for series, *row in self.archive.base.stream(NEW_ROWS, self.since.row):
            self.tallies.setdefault(series, Tally()).add(1, weight(*row))
        for series, *row in self.archive.base.stream(REPLACED, self.since.noted.get("former", 0), self.since.row):
            self.tallies.setdefault(series, Tally()).add(-1, -weight(*row))

    def _gaps(self, series: Series, where: tuple[str, str]) -> None:
        read_ms, retention_ms = last_read_ms(self.archive, series), stream_of(series).retention_ms
        absent, now = absences(self.archive, series), absent_now(self.archive, series)
        if now is not None:
            self.absent.append(Absent(*where, now.mode, now.from_ms, now.until_ms))
        for gap in spans.gaps(self.archive.spans(series.id), read_ms, retention_ms, absent):
            times = (gap.from_ms, gap.until_ms)
            if now is None or gap.lost:
                self.problems.append(problem("gap", where, times, LOST if gap.lost else NOT_READ))
                continue
            for left in spans.without([gap], self._told_by_bills(series)):
                times = (left.from_ms, left.until_ms)
                self.problems.append(problem("unprovable", where, times, modeless(series, now.mode)))
        for at_ms, text in self.archive.read(
            "SELECT at_ms, text FROM finding WHERE series = ? ORDER BY at_ms", series.id
        ):
            self.problems.append(problem("vanished", where, (at_ms, at_ms), text))

    def _told_by_bills(self, series: Series) -> list[Times]:
        """Times of an absent list in which its bills are proven, each held against the rows that are there."""
        rules = SHOWN_BY.get(series.stream, ())
        sweep = self.sweeps.get(series.account)
        matchers = [matcher for matcher in sweep.matchers if matcher.rule.name in rules] if sweep else []
        return matchers[0].shared if matchers else []

    def _holes(self, series: Series, where: tuple[str, str]) -> None:
        for cursor, at_ms, rows in self.archive.read(
            "SELECT cursor, at_ms, rows FROM hole WHERE series = ? ORDER BY cursor", series.id
        ):
            if self._shown(series, at_ms):
                self.verified.holes.append((series.id, cursor))
                continue
            text = f"{rows} rows of one time fill a page: the list cannot show whether there are more"
            self.problems.append(problem("unprovable", where, (at_ms, at_ms), text))

    def _shown(self, series: Series, at_ms: int) -> bool:
        """True where each row of this time has its bill, and each such bill its row, so that the list hides none."""
        rules = SHOWN_BY.get(series.stream, ())
        sweep = self.sweeps.get(series.account)
        matchers = [matcher for matcher in sweep.matchers if matcher.rule.name in rules] if sweep else []
        return len(matchers) == len(rules) > 0 and all(matcher.whole_at(at_ms) for matcher in matchers)


def last_read_ms(archive: Archive, series: Series) -> int:
    """The exchange's time of the last page of a series, 0 before the first."""
    found = archive.read("SELECT answered_ms FROM page WHERE series = ? ORDER BY id DESC LIMIT 1", series.id)
    return int(found[0][0]) if found else 0
