"""Gathering: all streams of an account into its archive, one after the other, with the balances at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from tallystick.archive.absence import OTHER_MODE, lacks, note_absence
from tallystick.archive.bases.core import again
from tallystick.archive.bills import FUNDING, TRADING
from tallystick.archive.keys import mark
from tallystick.archive.pulling import Progress, Pull, Tell
from tallystick.archive.raw_rows import record_of
from tallystick.archive.records import Pulled
from tallystick.archive.store import Account, Archive, Series
from tallystick.archive.streams import STREAMS, Stream
from tallystick.client.clock import to_ms
from tallystick.client.errors import ClientError
from tallystick.client.history import History
from tallystick.client.sync import Client
from tallystick.client.walk import Span as Between
from tallystick.contract.core import SPOT
from tallystick.contract.endpoints import by_name

BALANCES: Final = "balances"
"""Name of the live balances beside those of streams."""
PUT_BALANCE: Final = (
    "INSERT INTO balance (account, kind, at_ms, ccy, amount, mark) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (account, kind, at_ms, ccy) DO UPDATE SET amount = excluded.amount, mark = excluded.mark"
)
_encode: Final = msgspec.json.Encoder(order="sorted").encode

Failed: TypeAlias = tuple[str, str, ClientError]
"""Stream, filters and what ended its pull."""


class Gathered(Struct, frozen=True):
    """Result of a pull of an account. `failed` are series whose pull ended early; what they had is kept.

    `absent` are streams that the account's mode does not have, with the mode.
    """

    account: Account
    pulled: list[Progress]
    failed: list[Failed]
    absent: dict[str, str]

    @property
    def fresh(self) -> int:
        return sum(progress.fresh for progress in self.pulled)

    def told(self, place: str) -> Pulled:
        """The same as a record."""
        return Pulled(
            account=self.account.title,
            file=place,
            rows=sum(progress.rows for progress in self.pulled),
            fresh=self.fresh,
            pages=sum(progress.pages for progress in self.pulled),
            failed={name: str(error) for name, _, error in self.failed},
            absent=self.absent,
        )


def account_of(archive: Archive, client: Client, url: str, name: str) -> Account:
    """The account that a client's key belongs to."""
    return archive.account(urlsplit(url).netloc, client.config().uid, name)


def gather(
    archive: Archive,
    client: Client,
    account: Account,
    names: Sequence[str] = (),
    *,
    tags: Sequence[str] = (),
    keep_answers: bool = False,
    tell: Tell | None = None,
    failed: Callable[[str, ClientError], None] | None = None,
) -> Gathered:
    """Pull these streams, or all that the account has, and the balances.

    A stream that fails does not keep the others from being pulled, and one that the account's mode does not have is no
    failure. `tags` are remembered: the next pulls ask for them too. Raises ArchiveError.
    """
    readings = _Readings(archive, client, keep_answers, tell, [])
    faults: list[Failed] = []
    absent: dict[str, str] = {}
    mode = mode_of(client)

    def fail(name: str, filters: str, error: ClientError) -> None:
        faults.append((name, filters, error))
        if failed is not None:
            failed(name, error)

    for name in names or STREAMS:
        stream = STREAMS[name]
        if stream.of_masters and not names and _is_sub_account(client):
            continue
        for series in list(_series_of(archive, account, stream, tags, mode)):
            try:
                again(partial(readings.pull, series, stream))
            except ClientError as error:
                lacking = readings.lacking(series, stream, error)
                if lacking:
                    absent[name] = lacking
                else:
                    fail(name, series.filters, error)
    if not faults or not names:
        try:
            note_balances(archive, client, account)
        except ClientError as error:
            fail(BALANCES, "", error)
    return Gathered(account, readings.told, faults, absent)


class _Readings(NamedTuple):
    """Readings of the series of one pull, and how far each came."""

    archive: Archive
    client: Client
    keep_answers: bool
    tell: Tell | None
    told: list[Progress]

    def pull(self, series: Series, stream: Stream) -> None:
        """Read a series from its top. Raises ClientError, and ArchiveError, after what it came to was noted."""
        asked_ms = now_ms(self.client)
        reading = Pull(
            self.archive,
            series,
            stream,
            self.client,
            asked_ms=asked_ms,
            settled_ms=min(asked_ms - stream.late_ms, _oldest_open(self.client, stream, series, asked_ms)),
            keep_answers=self.keep_answers,
            tell=self.tell,
        )
        try:
            reading.run()
        finally:
            self.told.append(reading.progress())

    def lacking(self, series: Series, stream: Stream, error: ClientError) -> str:
        """The account's mode where it is why the list was refused, which is noted then; "" where it is not."""
        if error.code != OTHER_MODE:
            return ""
        try:
            asked_ms, mode, told_ms = now_ms(self.client), mode_of(self.client), now_ms(self.client)
        except ClientError:
            return ""
        if not lacks(mode, stream.endpoint, error.code):
            return ""
        note_absence(self.archive, series, mode, asked_ms, told_ms)
        return mode


def mode_of(client: Client) -> str:
    """The account's mode; "" where it cannot be learned, so that a list that is refused counts as failed."""
    try:
        return client.config().acctLv
    except ClientError:
        return ""


def _is_sub_account(client: Client) -> bool:
    """True for the key of a sub-account; where it cannot be learned the list itself will say so."""
    try:
        found = client.config()
    except ClientError:
        return False
    return found.mainUid not in ("", found.uid)


def now_ms(client: Client) -> int:
    """The exchange's clock."""
    return to_ms(client.time().ts)


def _series_of(archive: Archive, account: Account, stream: Stream, tags: Sequence[str], mode: str) -> Iterator[Series]:
    """The series of a stream: one, one for each tag that was ever asked for, and one of margin.

    Whatever Spot mode does not have is read while the account is in another mode, and once it was.
    """
    known = [
        msgspec.json.decode(series.filters)
        for series in archive.all_series()
        if (series.account, series.stream) == (account.id, stream.name)
    ]
    in_margin = mode not in ("", SPOT)
    asked = [dict(stream.filters)] if in_margin or known or not stream.of_margin else []
    if stream.tagged:
        tagged = [filters.get("tag") for filters in known]
        asked += [{**stream.filters, "tag": tag} for tag in dict.fromkeys([*tagged, *tags]) if tag]
    if stream.in_margin and (in_margin or stream.in_margin in known):
        asked.append(dict(stream.in_margin))
    for filters in asked:
        yield archive.series(account.id, stream.name, _encode(filters).decode())


def _oldest_open(client: Client, stream: Stream, series: Series, asked_ms: int) -> int:
    """Time of the oldest row of the series' open list: what becomes a row later stands there from this time on."""
    if not stream.open_list:
        return asked_ms
    endpoint = by_name[stream.open_list]
    rows = History(client, endpoint, msgspec.json.decode(series.filters), record_of(endpoint), Between())
    return min((int(row.raw[stream.time]) for row in rows), default=asked_ms)


def note_balances(archive: Archive, client: Client, account: Account) -> None:
    """Keep what the account has now, which the chains of bills must end at."""
    asked_ms = now_ms(client)
    trading: list[tuple[str, Decimal | None]] = [(row.ccy, row.eq) for row in client.balance().details]
    funding: list[tuple[str, Decimal | None]] = [(row.ccy, row.bal) for row in client.asset_balances()]
    values: list[tuple[int, str, int, str, str]] = [
        (account.id, kind, asked_ms, ccy, f"{amount:f}")
        for kind, found in ((TRADING, trading), (FUNDING, funding))
        for ccy, amount in found
        if amount is not None
    ]
    archive.put(PUT_BALANCE, *((*row, mark(*row)) for row in values))
