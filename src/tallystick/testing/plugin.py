"""pytest plugin: the fixture `tally`. Nothing else of Tallystick is loaded before a test uses it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tallystick.testing.kit.tally import Tally

INI = {
    "market": "Market of the venues of `tally`: walk:SEED, by-hand, or an imported one",
    "surface": "Surface that they serve: 2026-01 or 2026-08",
    "at": "Time at which each test begins, such as 2026-01-20T09:00:00Z",
    "speed": "Speed of their clock; 0 freezes it, which is the default",
    "limits": "Rate limits: off (the default), exact, or N times as generous",
}
LET_THROUGH = (
    "ignore:Use 'content=<...>' to upload raw bytes/text content:DeprecationWarning",
    r"ignore:datetime\.datetime\.utcnow\(\) is deprecated:DeprecationWarning",
)
"""Warnings that python-okx raises itself, at every POST, and from Python 3.12 on at every signature."""
REWRITER = "_pytest.assertion.rewrite"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tally", "Tallystick")
    group.addoption(
        "--tally-url",
        metavar="URL",
        help="Run tests that use `tally` against the venue served there; its token is in TALLY_CONTROL_TOKEN.",
    )
    for name, words in INI.items():
        parser.addini(f"tally_{name}", words)
    parser.addini("tally_balances", "Users of each test, a line for each balance: `alice trading BTC 1`", "linelist")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "tally(market=, surface=, balances=, at=, speed=, limits=): what the fixture `tally` begins with."
    )
    config.addinivalue_line(
        "markers", "tally_every_fault(faults=, requests=): run the test for each pair of its requests and a fault."
    )
    if config.getoption("tally_url") and _workers(config) > 1:
        raise pytest.UsageError("--tally-url names one venue, which one worker uses: run without -n, or with -n 1")


def _workers(config: pytest.Config) -> int:
    """Processes that run tests, as pytest-xdist has it."""
    of_worker = getattr(config, "workerinput", {}).get("workercount")
    return of_worker or len(config.getoption("tx", None) or ()) or 1


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector: Any, name: str, obj: object) -> Generator[None, Any, Any]:
    """Let async tests that use `tally` run under the plugin for them that there is."""
    if inspect.iscoroutinefunction(obj) and _uses_tally(collector, obj):
        _mark_async(collector, obj)
    return (yield)


def _uses_tally(collector: Any, function: Any) -> bool:
    """Test whether a function takes `tally`, itself or through the fixtures that it takes."""
    manager = getattr(collector.session, "_fixturemanager", None)
    seen: set[str] = set()
    names = list(inspect.signature(function).parameters)
    while names:
        name = names.pop()
        if name == "tally":
            return True
        if name not in seen and manager is not None:
            seen.add(name)
            for definition in manager.getfixturedefs(name, collector) or ():
                names += definition.argnames
    return False


def _mark_async(collector: Any, function: Any) -> None:
    plugins = collector.config.pluginmanager
    known = [name for name in ("asyncio", "anyio") if plugins.hasplugin(name)]
    marked = {mark.name for mark in (*collector.iter_markers(), *getattr(function, "pytestmark", ()))}
    if known and not marked.intersection(known):
        getattr(pytest.mark, known[0])(function)


def pytest_itemcollected(item: pytest.Item) -> None:
    if "tally" in getattr(item, "fixturenames", ()) and item.config.pluginmanager.hasplugin("warnings"):
        for warning in LET_THROUGH:
            item.add_marker(pytest.mark.filterwarnings(warning), append=False)
    elif any(mark.name == "tally_every_fault" for mark in item.own_markers):
        raise pytest.UsageError(f"{item.nodeid} has the marker tally_every_fault, and does not use the fixture tally")


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """A venue of the test's own: frozen in time, without users, as `@pytest.mark.tally` and the ini options say."""
    with as_installed():
        from tallystick.testing.kit import fixture
    yield from fixture.lend(request)


@contextmanager
def as_installed() -> Iterator[None]:
    """Import our modules as they are compiled: pytest would rewrite the assertions of all of them, a second or two."""
    finders = list(sys.meta_path)
    sys.meta_path[:] = [finder for finder in finders if type(finder).__module__ != REWRITER]
    try:
        yield
    finally:
        sys.meta_path[:] = finders
