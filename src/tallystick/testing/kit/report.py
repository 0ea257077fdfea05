"""Report of a failing test: the slice of the journal that belongs to it, in words, and the lint."""

from __future__ import annotations

import traceback
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
import pytest
from msgspec import Struct

import tallystick
from tallystick.client.errors import ClientError
from tallystick.server.happened import user_of
from tallystick.server.telling.events import UNSEEN, words_of
from tallystick.testing.kit import journal
from tallystick.testing.kit.served import Heard
from tallystick.testing.kit.tally import Tally
from tallystick.testing.kit.text import moment_of

TALLY: pytest.StashKey[Tally] = pytest.StashKey()
LINES_MAX = 200
PACKAGE = Path(tallystick.__file__).parent


class Refusal(Struct, frozen=True):
    """Answer of the API that refuses."""

    code: str
    msg: str = ""
    data: Any = None


class Reporter:
    """Adds what happened at the venue to the report of a test that failed."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        tally = item.stash.get(TALLY, None)
        if tally is not None and call.excinfo is not None and not item.config.getoption("fulltrace"):
            call.excinfo = ended_at_the_test(call.excinfo.value)
        report = yield
        if tally is not None and report.failed and call.when == "call":
            report.sections.append(("tally: what happened at the venue", story(tally)))
        return report


def ended_at_the_test(problem: BaseException) -> pytest.ExceptionInfo[BaseException]:
    """The failure with a traceback that ends at the line of the test, where all that it calls from there on is ours."""
    kept: TracebackType | None = None
    for frame, line in reversed(list(traceback.walk_tb(problem.__traceback__))):
        if kept is not None or not Path(frame.f_code.co_filename).is_relative_to(PACKAGE):
            kept = TracebackType(kept, frame, frame.f_lasti, line)
    return pytest.ExceptionInfo.from_exception(problem.with_traceback(kept or problem.__traceback__))


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
    if tally.heard is None:
        yield f"(events alone: the venue at {tally.url} does not tell the requests that it got)"
    names = tally.names
    of_key = {user.api_key: user.name for user in tally.users.values()}
    heard = list(tally.heard or ())
    for seq, at_ms, _, events in journal.entries_after(tally.levers, tally.begun_seq):
        while heard and heard[0].seq < seq:
            yield from _request(heard.pop(0), of_key)
        for event in events:
            if not isinstance(event, UNSEEN):
                yield _line(at_ms, names.get(user_of(event), "venue"), words_of(event).en)
    for request in heard:
        yield from _request(request, of_key)
    for pair, asked in tally.failed_runs.items():
        yield f"{pair}:"
        for request in asked:
            yield from _request(request, of_key)


def _request(heard: Heard, of_key: dict[str, str]) -> Iterator[str]:
    who = of_key.get(heard.api_key, "anybody" if not heard.api_key else "a key")
    said = f"fault {heard.fault}" if heard.fault else f"{heard.status} {refusal_words(heard.refusal)}".rstrip()
    yield _line(heard.at_ms, who, f"{heard.method} {heard.target} -> {said}")
    if heard.lint:
        yield _line(heard.at_ms, "lint", f"{heard.method} {heard.target.partition('?')[0]}: {heard.lint}")


def refusal_words(answer: bytes) -> str:
    """Code and text of an answer that refuses, and those of its items; "" for another one."""
    try:
        found = msgspec.json.decode(answer, type=Refusal)
    except msgspec.DecodeError:
        return ""
    items = [item for item in found.data if isinstance(item, dict)] if isinstance(found.data, list) else []
    parts = [(found.code, found.msg), *((item.get("sCode", ""), item.get("sMsg", "")) for item in items)]
    return ", ".join(f"{code} {text}".strip() for code, text in parts if code not in ("", "0"))


def _line(at_ms: int, who: str, what: str) -> str:
    return f"{moment_of(at_ms):%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {who:10} {what}"
