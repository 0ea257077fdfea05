"""One browser, and one venue with its console, for all tests of this folder; the venue is reset before each test.

Playwright keeps a loop of asyncio in this thread while the browser is open, so it ends with the folder: tests of others
begin loops of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.console.browser import DEADLINE_MS, browsing
from tests.console.place import Place, place_in


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=DEADLINE_MS)
    with browsing() as found:
        yield found


@pytest.fixture(scope="package")
def begun(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place_in(tmp_path_factory.mktemp("console") / "data", browser) as found:
        yield found


@pytest.fixture
def place(begun: Place) -> Iterator[Place]:
    begun.reset()
    yield begun
    for page in begun.context.pages:
        page.close()
    assert begun.unforgiven() == [], "no page may fail"
