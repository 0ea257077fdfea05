"""The page on packaged data names each file of others that the package holds."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from release.check import NOT_SHOWN

from tests.tidy.files import PACKAGE, ROOT, project_files

PAGES = [ROOT / "docs" / "market-data.md", ROOT / "docs" / "market-data.zh-CN.md"]
ROW = re.compile(r"^\| (.+?) \|", re.MULTILINE)
NAME = re.compile(r"`([\w./*:-]+)`")


def patterns(page: Path) -> set[str]:
    """Every path that stands in the first column."""
    return {name for row in ROW.findall(page.read_text(encoding="utf-8")) for name in NAME.findall(row)}


def candles() -> list[str]:
    return [
        path.relative_to(PACKAGE).as_posix()
        for path in project_files()
        if PACKAGE in path.parents and path.name.endswith((".csv", ".csv.gz"))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_packaged_candle_file_has_a_row(page: Path) -> None:
    assert [name for name in candles() if not any(fnmatch(name, known) for known in patterns(page))] == []
    (count,) = set(re.findall(r"okx_2022q1/\*\.csv\.gz`\D+(\d+)", page.read_text(encoding="utf-8")))
    assert int(count) == sum(name.startswith("data/okx_2022q1/") for name in candles())


def test_a_file_without_a_row_is_seen() -> None:
    assert not any(fnmatch("data/binance/BTC-USDT_5m.csv.gz", known) for known in patterns(PAGES[0]))


def test_what_a_row_names_is_there() -> None:
    for name in patterns(PAGES[0]) - {"src/tallystick", "walk:SEED", "depth_quote"}:
        assert list(PACKAGE.glob(name)), name
    assert patterns(PAGES[0]) == patterns(PAGES[1])


def test_the_notice_names_what_was_not_shown() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert [folder for folder in NOT_SHOWN if f"src/tallystick/{folder}" not in notice] == []
    for name in candles():
        assert name.startswith(NOT_SHOWN)
