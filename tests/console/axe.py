"""axe, which judges whether everybody can use a page. It is run as a tool, and no part of the package."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page

from tests.conformance.clients.play import NODE

AXE = NODE / "node_modules" / "axe-core" / "axe.min.js"
SHOW = """axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
  nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`)))"""


def findings(page: Page) -> list[str]:
    """Findings on the page as it stands. Without axe the test is skipped by name, and under CI=true it fails."""
    absent = "" if AXE.exists() else "axe is not installed: run `make setup-node`"
    if absent and os.environ.get("CI") == "true":
        pytest.fail(absent)
    if absent:
        pytest.skip(absent)
    # The policy of the page lets no script in but its own; the debugger's door is another one.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(SHOW)
    return found
