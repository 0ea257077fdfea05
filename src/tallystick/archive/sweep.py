"""Sweep: one pass over the rows of an account, along their cursors, that feeds all that is checked of them.

    rows of a series -> their sum                              against what was written with them
    bills -> chains of their coins                             against each other and the live balance
    bills and causes, about in the order of time -> pairs      against each other

A sweep may begin where an earlier one was settled (`Settled`): above its cursors, with its chains and what waited.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any, Final, TypeAlias

from msgspec import Struct

from tallystick.archive import chains, pairs
from tallystick.archive.absence import told_by_bills
from tallystick.archive.bases.core import ArchiveError
from tallystick.archive.bills import BILLS, Bill, decode_bill
from tallystick.archive.keys import MASK, weight
from tallystick.archive.pairs import RULES, Key, Keys, Matcher, Rule, common
from tallystick.archive.records import Times
from tallystick.archive.store import Account, Archive, Series

ROWS: Final = (
    "SELECT cursor, identity, n, at_ms, raw FROM row WHERE series = ? AND cursor >= ? ORDER BY cursor, identity, n"
)
LOWEST: Final = -(1 << 63)
OPEN_MAX: Final = 10_000
"""Rows that may wait for a counterpart in what is kept of a sweep."""

Raw: TypeAlias = tuple[int, int, int, int, str]
"""Cursor, identity, number, time and text of a row."""
Takers: TypeAlias = list[tuple[Matcher, int, Keys]]
"""Matchers that take a row, the side they take it for, and its keys there."""


class Tally(Struct):
    """Count and sum of the rows of a series."""

    count: int = 0
    total: int = 0

    def add(self, count: int, total: int) -> None:
        self.count += count
        self.total = (self.total + total) & MASK


class ChainsSettled(Struct):
    """The chains of a kind of account, of the bills below `cursor`, against balances read at `read_ms`."""

    cursor: int
    read_ms: int
    coins: dict[str, chains.Coin]
    broken: list[chains.Broken]


class RuleSettled(Struct):
    """Rows of a rule that wait, once all that both sides are proven for was matched."""

    shared: list[Times]
    waiting: tuple[list[tuple[Key, list[int]]], list[tuple[Key, list[int]]]]


class Settled(Struct):
    """State of an account after a sweep; nothing below the `floors`, by series, need be read again."""

    chains: dict[str, ChainsSettled]
    rules: dict[str, RuleSettled]
    floors: dict[int, int]


class Sweep:
    """One pass over an account. Raises ArchiveError for a row that cannot be read."""

    def __init__(self, archive: Archive, account: Account, since: Settled | None = None) -> None:
        self.archive = archive
        self.series = [series for series in archive.all_series() if series.account == account.id]
        self.since = since
        self.tallies = {series.id: Tally() for series in self.series}
        self.spans = {
            series.id: [Times(span.from_ms, span.to_ms) for span in archive.spans(series.id)] for series in self.series
        }
        self.told = {series.id: [*self.spans[series.id], *told_by_bills(archive, series)] for series in self.series}
        """Times in which a missing row would show: those that were read, and those that bills tell."""
        self.chains = {kind: self._chains(account, kind) for kind in BILLS}
        self.matchers = list(self._matchers())
        self.settled: dict[str, ChainsSettled] = {}
        self.floors: dict[int, int] = {}
        """By series, the lowest cursor that the next sweep must begin at."""
        self.above: dict[int, int] = {}
        """By series, the cursor above its last row."""

    def run(self) -> None:
        """Read all rows. Streams that have the same rows are one group, in which each row counts once."""
        groups = self._groups()
        grouped = {series.id for group, _ in groups for series in group}
        for series in self.series:
            if series.id not in grouped and self.since is None:
                deque(self._rows(series, LOWEST), maxlen=0)
        for at_ms, row, takers in heapq.merge(*(self._events(*group) for group in groups), key=itemgetter(0)):
            for matcher, side, keys in takers:
                for key in keys(row):
                    matcher.take(side, key, at_ms)
        for matcher in self.matchers:
            matcher.settle()

    # ---- what is read

    def _groups(self) -> list[tuple[list[Series], dict[str, Takers]]]:
        """Series that have the same rows, with who takes their rows by the type of a row; "" is any other."""
        names = {side.streams for rule in RULES for side in rule.sides} | set(BILLS.values())
        found = []
        for streams in sorted(names):
            takers: dict[str, Takers] = {"": []}
            for matcher in self.matchers:
                for number, side in enumerate(matcher.rule.sides):
                    for kind in (side.types or [""]) if side.streams == streams else []:
                        takers.setdefault(kind, []).append((matcher, number, side.keys))
            group = [series for series in self.series if series.stream in streams]
            if group:
                found.append((group, takers))
        return found

    def _events(self, group: list[Series], takers: dict[str, Takers]) -> Iterator[tuple[int, Any, Takers]]:
        """Rows of a group as bills or causes, with who takes them. Chains are followed on the way."""
        stream = group[0].stream
        kind = kind_of(stream)
        decode: Callable[[str], Any] = decode_bill if kind else pairs.decode_cause
        follow = self._follower(kind, group) if kind else None
        others = takers[""]
        for cursor, _, _, at_ms, raw in self._merged(group):
            try:
                row = decode(raw)
                if follow is not None:
                    follow(cursor, row)
                if chosen := takers.get(row.type, others):
                    yield at_ms, row, chosen
            except (ValueError, ArithmeticError) as error:
                raise ArchiveError(f"a row of {stream} at {cursor} cannot be read: {error}") from error

    def _merged(self, group: list[Series]) -> Iterator[Raw]:
        """Rows of a group along their cursors; where its streams have the same rows, each once."""
        found = [self._rows(series, self._floor(series)) for series in group]
        merged = heapq.merge(*found)
        if len({series.stream for series in group}) == 1:
            yield from merged
            return
        last: tuple[int, ...] = ()
        for row in merged:
            if row[:3] != last:
                yield row
            last = row[:3]

    def _rows(self, series: Series, floor: int) -> Iterator[Raw]:
        """Rows of a series, counted and summed; those in times that are not settled are noted."""
        tally, open_from = self.tallies[series.id], self._open_from(series)
        count = total = 0
        last, lowest = floor - 1, None
        for row in self.archive.base.stream(ROWS, series.id, floor):
            count += 1
            total += weight(*row)
            last = row[0]
            if lowest is None and row[3] >= open_from:
                lowest = last
            yield row
        tally.add(count, total)
        self.above[series.id] = last + 1
        self.floors[series.id] = last + 1 if lowest is None else lowest

    def _floor(self, series: Series) -> int:
        return LOWEST if self.since is None else self.since.floors.get(series.id, LOWEST)

    def _open_from(self, series: Series) -> int:
        """Time from which on rows of a series are to be read again by the next sweep."""
        return min(
            (
                matcher.shared[-1].until_ms
                for matcher in self.matchers
                for side in matcher.rule.sides
                if series.stream in side.streams
            ),
            default=1 << 62,
        )

    # ---- chains

    def _chains(self, account: Account, kind: str) -> chains.Chains:
        balances = chains.last_balances(self.archive, account.id, kind)
        before = self.since.chains.get(kind) if self.since else None
        made = chains.Chains(kind, balances, {})
        if before is not None:
            made.broken = list(before.broken)
            for ccy, coin in before.coins.items():
                last = [coin.balance] if balances.read_ms > before.read_ms else coin.last
                made.coins[ccy] = chains.Coin(coin.at_ms, coin.balance, list(last))
        return made

    def _follower(self, kind: str, group: list[Series]) -> Callable[[int, Bill], None]:
        """Takes bills into their chains, and keeps how the chains stood before the first that is not settled."""
        until_ms = max((span.until_ms for series in group for span in self.spans[series.id]), default=0)
        chain = self.chains[kind]
        before = self.since.chains.get(kind) if self.since else None
        from_cursor = LOWEST if before is None else before.cursor

        def follow(cursor: int, bill: Bill) -> None:
            if cursor < from_cursor:
                return
            if kind not in self.settled and int(bill.ts) >= until_ms:
                self.settled[kind] = self._settled_chain(chain, cursor)
            chain.take(bill)

        return follow

    def _settled_chain(self, chain: chains.Chains, cursor: int) -> ChainsSettled:
        coins = {ccy: chains.Coin(coin.at_ms, coin.balance, list(coin.last)) for ccy, coin in chain.coins.items()}
        return ChainsSettled(cursor, chain.balances.read_ms, coins, list(chain.broken))

    # ---- pairs

    def _matchers(self) -> Iterator[Matcher]:
        for rule in RULES:
            shared = shared_times(self.series, self.told, rule)
            if not shared:
                continue
            names = tuple(
                ", ".join(dict.fromkeys(one.stream for one in self.series if one.stream in side.streams))
                for side in rule.sides
            )
            before = self.since.rules.get(rule.name) if self.since else None
            matcher = Matcher(rule, (names[0], names[1]), shared, 0 if before is None else before.shared[-1].until_ms)
            if before is not None:
                for waiting, kept in zip(matcher.waiting, before.waiting, strict=True):
                    waiting.times.update({tuple(key): list(times) for key, times in kept})
            yield matcher

    # ---- what is kept

    def settle(self) -> Settled | None:
        """State that the next sweep may begin with; None where too much waits."""
        rules = {matcher.rule.name: _settled_rule(matcher) for matcher in self.matchers}
        if sum(len(times) for rule in rules.values() for side in rule.waiting for _, times in side) > OPEN_MAX:
            return None
        last = dict.fromkeys(BILLS, LOWEST)
        for series in self.series:
            if kind := kind_of(series.stream):
                last[kind] = max(last[kind], self.above.get(series.id, LOWEST))
        for kind, chain in self.chains.items():
            if kind not in self.settled:
                self.settled[kind] = self._settled_chain(chain, last[kind])
        if sum(len(chain.broken) for chain in self.settled.values()) > OPEN_MAX:
            return None
        floors = {}
        for series in self.series:
            kind, own = kind_of(series.stream), self.floors.get(series.id, LOWEST)
            floors[series.id] = min(own, self.settled[kind].cursor) if kind else own
        return Settled(self.settled, rules, floors)


def kind_of(stream: str) -> str:
    """The kind of account that a stream has the bills of, "" where it has none."""
    return next((kind for kind, names in BILLS.items() if stream in names), "")


def shared_times(series: list[Series], spans: Mapping[int, list[Times]], rule: Rule) -> list[Times]:
    """Times that both sides of a rule are proven for: of any of the streams of a side, but of all series of one."""
    sides = []
    for side in rule.sides:
        found: list[Times] = []
        for stream in side.streams:
            both: list[Times] | None = None
            for one in series:
                if one.stream == stream:
                    both = spans[one.id] if both is None else common(both, spans[one.id])
            found += both or []
        sides.append(found)
    return united(common(*sides))


def united(spans: list[Times]) -> list[Times]:
    """The same times, each once, the oldest first. Spans come sorted by where they begin."""
    found: list[Times] = []
    for span in spans:
        if found and span.from_ms <= found[-1].until_ms:
            found[-1] = Times(found[-1].from_ms, max(found[-1].until_ms, span.until_ms))
        else:
            found.append(span)
    return found


def _settled_rule(matcher: Matcher) -> RuleSettled:
    """Rows of a rule that wait, without those that nothing which still comes can match."""
    until_ms = matcher.shared[-1].until_ms
    waiting = []
    for side, found in zip(matcher.rule.sides, matcher.waiting, strict=True):
        from_ms = 0 if side.must else until_ms - matcher.apart_ms
        kept = [(key, [at_ms for at_ms in times if at_ms >= from_ms]) for key, times in found.times.items()]
        waiting.append([(key, times) for key, times in kept if times])
    return RuleSettled(matcher.shared, (waiting[0], waiting[1]))
