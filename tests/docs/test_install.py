"""Pages and messages say how to install what there is, today and once the package is published."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from docs import install_lines
from tallystick.data import install
from tests.tidy.files import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PAGES = (ROOT / "docs" / "install.md", ROOT / "docs" / "install.zh-CN.md")


@pytest.mark.parametrize("page", install_lines.pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_installs_what_there_is(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert install_lines.fresh(text) == text, "make docs writes it anew"
    extras = {name for found in install_lines.LINE.finditer(text) if found[2] for name in found[2].split(",")}
    assert extras <= set(PROJECT["project"]["optional-dependencies"])


def test_one_switch_changes_every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "PUBLISHED", True)
    text = "`pip install . pytest python-okx`, pip install \".[async,watch]\", pip install 'tallystick[mcp]'"
    assert install_lines.fresh(text) == (
        '`pip install tallystick pytest python-okx`, pip install "tallystick[async,watch]", '
        'pip install "tallystick[mcp]"'
    )
    assert install.advice("mcp") == 'pip install "tallystick[mcp]"'


def test_another_package_is_left_alone() -> None:
    text = "pip install tallystick-core, pip install ./dist/a.whl, pip install ../.. -e ."
    assert install_lines.fresh(text) == text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_lists_every_extra_and_no_other(page: Path) -> None:
    block = re.search(r"<!-- extras -->\n(.*?)<!-- end -->", page.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    listed = re.findall(r"^\| `([a-z-]+)` \|", block[1], re.MULTILINE)
    assert listed == sorted(PROJECT["project"]["optional-dependencies"])


def test_what_developers_need_is_in_no_extra() -> None:
    assert set(PROJECT["dependency-groups"]) >= {"test", "bench", "docs", "mutants", "dev"}
    assert set(PROJECT["dependency-groups"]) & set(PROJECT["project"]["optional-dependencies"]) == set()


def test_every_requirement_has_an_upper_bound() -> None:
    project = PROJECT["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    assert [one for one in wanted if "<" not in one.partition(";")[0]] == []
