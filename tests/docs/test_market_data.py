"""The page on data names each file of others, in the package and in the repository."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from release.check import CANDLES, OUR_PRICES

from tests import recorded
from tests.tidy.files import PACKAGE, ROOT, project_files

PAGES = [ROOT / "docs" / "market-data.md", ROOT / "docs" / "market-data.zh-CN.md"]
ROW = re.compile(r"^\| (.+?) \|", re.MULTILINE)
NAME = re.compile(r"`([\w./*:-]+)`")


def patterns(page: Path, table: int) -> set[str]:
    """Every path that stands in the first column of the table of the package (0), or of the recordings (1)."""
    part = page.read_text(encoding="utf-8").split("\n## ")[table]
    return {name for row in ROW.findall(part) for name in NAME.findall(row)}


def candles(folder: Path) -> list[str]:
    return [
        path.relative_to(folder).as_posix()
        for path in project_files()
        if folder in path.parents and path.name.endswith(CANDLES)
    ]


def test_the_package_has_no_candles_but_those_written_for_it() -> None:
    assert [f"tallystick/{name}" for name in candles(PACKAGE)] == list(OUR_PRICES)
    assert {name.removeprefix("tallystick/") for name in OUR_PRICES} <= patterns(PAGES[0], 0)


@pytest.mark.recorded
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_recording_has_a_row_and_every_row_its_files(page: Path) -> None:
    found, known = candles(recorded.FOLDER), patterns(page, 1) - {"tests/recordings"}
    assert [name for name in found if not any(fnmatch(name, pattern) for pattern in known)] == []
    assert [pattern for pattern in known if not any(fnmatch(name, pattern) for name in found)] == []
    (count,) = set(re.findall(r"okx_2022q1/\*\.csv\.gz`\D+(\d+)", page.read_text(encoding="utf-8")))
    assert int(count) == sum(name.startswith("okx_2022q1/") for name in found)


def test_a_file_without_a_row_is_seen() -> None:
    assert not any(fnmatch("binance/BTC-USDT_5m.csv.gz", known) for known in patterns(PAGES[0], 1))


def test_what_a_row_names_is_there() -> None:
    for name in patterns(PAGES[0], 0) - {"src/tallystick", "walk:SEED", "depth_quote"}:
        assert list(PACKAGE.glob(name)), name
    for table in (0, 1):
        assert patterns(PAGES[0], table) == patterns(PAGES[1], table)


def test_the_notice_names_the_recordings() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert f"{recorded.FOLDER.relative_to(ROOT)}" in notice
    assert "src/tallystick/contract/examples" in notice
