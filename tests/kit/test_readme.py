"""The first thing the README shows is a whole test, and it passes as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kit.test_plugin import ended, session

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "README.zh-CN.md")


def blocks(page: str) -> list[tuple[str, str]]:
    """Language and text of all blocks, those that are indented among them."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$|^( {4}\S.*)$", text, re.MULTILINE | re.DOTALL)
    return [(language, fenced or indented) for language, fenced, indented in found]


@pytest.mark.parametrize("page", PAGES)
def test_the_readme_begins_with_a_test_that_passes(page: str, tmp_path: Path) -> None:
    (first, suite), (second, bot) = blocks(page)[:2]
    assert (first, second) == ("python", "python")
    assert bot.startswith("# bot.py\n")
    lines = suite[suite.index("def test_") :].strip().splitlines()
    assert len(lines) == 8
    (tmp_path / "bot.py").write_text(bot, encoding="utf-8")
    run = session(tmp_path, suite, "-W", "error", PYTHONPATH=str(tmp_path))
    assert ended(run, passed=1), run.stdout


def test_both_languages_show_the_same() -> None:
    assert blocks(PAGES[0])[:2] == blocks(PAGES[1])[:2]


@pytest.mark.parametrize("deed", ["pass", "self.trade.oneclick_repay_v2('USDC', ['BTC'])"])
def test_another_bot_fails_it(deed: str, tmp_path: Path) -> None:
    """The README's test can fail: by a bot that does nothing, and by one that ends at the lost answer."""
    lines = ["class Bot:", "    def __init__(self, trade):", "        self.trade = trade", ""]
    lines += ["    def repay_everything(self):", f"        {deed}"]
    (tmp_path / "bot.py").write_text("\n".join(lines), encoding="utf-8")
    run = session(tmp_path, blocks(PAGES[0])[0][1], PYTHONPATH=str(tmp_path))
    assert ended(run, failed=1), run.stdout
