"""Records about an archive: of a pull, a status and a check. Times are Unix milliseconds."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Kind: TypeAlias = Literal["damage", "gap", "vanished", "chain", "pair", "unprovable"]


class Pulled(Struct, frozen=True):
    """Result of a pull of an account. `failed` are streams whose pull ended early, with the reason.

    `absent` are streams that the account's mode does not have, with the mode.
    """

    account: str
    file: str
    rows: int
    fresh: int
    pages: int
    failed: dict[str, str]
    absent: dict[str, str]


class Times(Struct, frozen=True):
    """Times from `from_ms` on and before `until_ms`."""

    from_ms: int
    until_ms: int


class Gap(Struct, frozen=True):
    """Times that no reading went through. `lost`: the exchange no longer showed them when they could have been read."""

    from_ms: int
    until_ms: int
    lost: bool


class Absence(Struct, frozen=True):
    """Times from `from_ms` on and before `until_ms` in which each pull met an account mode that has no such list."""

    mode: str
    from_ms: int
    until_ms: int


class Absent(Struct, frozen=True):
    """A list that the account's mode does not have, as the last pull met it: since a time, and up to that pull."""

    account: str
    stream: str
    mode: str
    from_ms: int
    until_ms: int


class SeriesStatus(Struct, frozen=True):
    """One series. `first_ms` and `last_ms` are the times of its oldest and newest row, None without rows.

    `absent`: times in which the account's mode had no such list; they are no gaps.

    `falls_out_ms`: when the oldest time that is not proven is no longer shown by the exchange; None where it shows its
    rows for ever. `billed`: a missing row is found by bills, its own or those of the stream, where it moves a balance.
    """

    account: str
    stream: str
    filters: str
    rows: int
    first_ms: int | None
    last_ms: int | None
    proven: list[Times]
    gaps: list[Gap]
    absent: list[Absence]
    unprovable: int
    billed: bool
    falls_out_ms: int | None


class Status(Struct, frozen=True):
    """Status of an archive. `soon`: unproven rows fall out of retention within a day of `now_ms`."""

    now_ms: int
    soon: bool
    series: list[SeriesStatus]


class Problem(Struct, frozen=True):
    """One thing that does not hold. Times are 0 where there is none."""

    kind: Kind
    account: str
    stream: str
    from_ms: int
    until_ms: int
    text: str


class Verdict(Struct, frozen=True):
    """Result of a check: `proven` is true where nothing is missing, damaged or left open.

    `whole`: all was checked, not only what came since the last check. `absent`: lists that the last pull did not find
    in the account's mode.
    """

    proven: bool
    whole: bool
    rows: int
    pages: int
    problems: list[Problem]
    absent: list[Absent]

    @property
    def found(self) -> bool:
        """True where a gap or damage was found, beyond what cannot be proven."""
        return any(problem.kind != "unprovable" for problem in self.problems)


class Written(Struct, frozen=True):
    """A file that was written: its place and how many lines or rows it has."""

    file: str
    count: int


class Checked(Struct, frozen=True):
    """Contents of a certificate that holds. `answers` of the `pages` were kept and agree; `head` is the last hash."""

    pages: int
    answers: int
    rows: int
    first_ms: int
    last_ms: int
    head: str
