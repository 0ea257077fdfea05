"""Report of a failing test: the slice of the journal that belongs to it, in words, and the lint."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tallystick.client.errors import ClientError
from tallystick.testing.kit import journal
from tallystick.testing.kit.served import Heard
from tallystick.testing.kit.tally import Tally
from tallystick.testing.kit.text import moment_of
from tallystick.testing.kit.words import user_of, words_of

TALLY: pytest.StashKey[Tally] = pytest.StashKey()
LINES_MAX = 200


class Reporter:
    """Adds what happened at the venue to the report of a test that failed."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        tally = item.stash.get(TALLY, None)
        if tally is not None and report.failed and call.when == "call":
            report.sections.append(("tally: what happened at the venue", story(tally)))
        return report


def story(tally: Tally) -> str:
    """What happened since the test began, a line each, the oldest first."""
    try:
        lines = list(_lines(tally))
    except ClientError as problem:
        return f"the venue does not tell: {problem}"
    if len(lines) > LINES_MAX:
        lines[:-LINES_MAX] = [f"... and {len(lines) - LINES_MAX} lines before"]
    return "\n".join(lines) or "nothing"


def _lines(tally: Tally) -> Iterator[str]:
    names = tally.names
    of_key = {user.api_key: user.name for user in tally.users.values()}
    heard = list(tally.heard or ())
    for seq, at_ms, _, events in journal.entries_after(tally.levers, tally.begun_seq):
        while heard and heard[0].seq < seq:
            yield from _request(heard.pop(0), of_key)
        for event in events:
            if what := words_of(event):
                yield _line(at_ms, names.get(user_of(event), "venue"), what)
    for request in heard:
        yield from _request(request, of_key)


def _request(heard: Heard, of_key: dict[str, str]) -> Iterator[str]:
    who = of_key.get(heard.api_key, "anybody" if not heard.api_key else "a key")
    yield _line(heard.at_ms, who, f"{heard.method} {heard.target} -> {heard.status}")
    if heard.lint:
        yield _line(heard.at_ms, "lint", f"{heard.method} {heard.target.partition('?')[0]}: {heard.lint}")


def _line(at_ms: int, who: str, what: str) -> str:
    return f"{moment_of(at_ms):%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {who:10} {what}"
