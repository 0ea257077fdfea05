"""Debian's Chromium, driven by Playwright: nothing is downloaded, and nothing is asked of another host."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.patience import PATIENCE_S

OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DEADLINE_MS = PATIENCE_S * 1000
"""Longest wait for anything on a page. Tests wait for conditions, so a quick machine never waits so long."""


def chromium() -> str:
    """Path of the browser. Without one the test is skipped by name, and under CI=true it fails."""
    found = shutil.which("chromium")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("there is no chromium: apt-get install chromium")
    if found is None:
        pytest.skip("the console is not looked at: there is no chromium (apt-get install chromium)")
    return found


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser with a profile of its own."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()
