"""Options of the commands of an archive, the archive they name, and times as they are printed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tallystick.cli.frame.commands import option
from tallystick.cli.frame.failing import Stop, usage
from tallystick.cli.frame.options import JSON, LANG, gathered

if TYPE_CHECKING:
    from tallystick.archive.store import Archive

PLACE: Final = "tally-archive.sqlite"
FILE: Final = option(
    "--file",
    "place",
    type=click.Path(path_type=Path, dir_okay=False),
    default=PLACE,
    envvar="TALLY_ARCHIVE",
    show_default=True,
    help="File of the archive.",
    zh="归档文件。",
)
looks: Final = gathered(JSON, LANG)
"""Options of a command that looks into an archive."""


@contextmanager
def opened(place: Path, *, read_only: bool) -> Iterator[Archive]:
    """The archive of a command. Raises Stop with what is wrong with it."""
    from tallystick.archive.store import Archive, ArchiveError

    try:
        with Archive(place, read_only=read_only) as found:
            yield found
    except ArchiveError as problem:
        raise Stop(str(problem)) from None


def known(streams: tuple[str, ...]) -> None:
    """Raises Failure for a name that is no stream."""
    from tallystick.archive.streams import STREAMS

    unknown = [name for name in streams if name not in STREAMS]
    if unknown:
        raise usage(f"there is no stream {', '.join(unknown)}: there are {', '.join(STREAMS)}")


def as_builtins(found: object) -> dict[str, Any]:
    """A record as the fields of an error."""
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain


def stamp(at_ms: int | None) -> str:
    """A time to the second in UTC, "" for None."""
    if at_ms is None:
        return ""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(at_ms: int) -> str:
    return stamp(at_ms)[:10]
