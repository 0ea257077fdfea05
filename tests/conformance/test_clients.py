"""One story through every client: what came of each step, to the last digit, and the page that shows it."""

from __future__ import annotations

import json
import os
import re
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import pytest

from docs import clients as page
from tests.conformance.clients.play import KINDS, NODE, ROOT, Kind, Played, differences, expected, missing, played
from tests.conformance.clients.story import STEPS
from tests.conformance.conftest import KNOWN_ODDITIES


def told(kind: Kind) -> Played:
    """Without node the test is skipped by name, and under CI=true it fails."""
    absent = missing(kind)
    if absent and os.environ.get("CI") == "true":
        pytest.fail(absent)
    if absent:
        pytest.skip(absent)
    return played(kind)


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_the_story(kind: Kind) -> None:
    found = told(kind)
    wrong = []
    for step in STEPS:
        done = found.steps.get(step.name)
        if (done is None) != (step.name in kind.lacks):
            wrong.append(f"{step.name}: {'not ' if done is None else ''}done")
        elif done is not None:
            wrong += [f"{step.name}: {done['error']}"] if "error" in done else []
            wrong += [step.name + text for text in differences(expected(kind, step), done.get("got", {}))]
    assert wrong == []
    assert [line for line in found.lint if line not in KNOWN_ODDITIES] == []


def test_it_is_the_version_that_is_pinned() -> None:
    pinned = {"python-okx": version("python-okx"), "ccxt": version("ccxt")}
    for kind in KINDS[:4]:
        assert told(kind).version == pinned["ccxt" if "ccxt" in kind.name else kind.name]
    asked = json.loads((NODE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    for kind in KINDS[4:]:
        assert told(kind).version == asked[kind.name.partition(" ")[0]]


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((NODE / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


@pytest.mark.parametrize(
    ("got", "seen"),
    [
        ({"owed": "0.0025"}, []),
        ({"owed": Decimal("0.00250")}, []),
        ({"owed": "0.00250"}, [".owed: '0.00250' for '0.0025'"]),
        ({"owed": Decimal("0.0024999")}, [".owed: 0.0024999 for 0.0025"]),
        ({}, [".owed: None for '0.0025'"]),
    ],
)
def test_a_wrong_digit_is_seen(got: dict[str, object], seen: list[str]) -> None:
    assert list(differences({"owed": "0.0025"}, got)) == seen
    assert list(differences({"rows": [["a"], ["b"]]}, {"rows": [["a"]]})) == [".rows: [['a']] for [['a'], ['b']]"]


@pytest.mark.parametrize("path", page.PAGES, ids=[path.name for path in page.PAGES])
def test_the_page_is_made_from_this_run(path: Path) -> None:
    reports = {kind.name: told(kind) for kind in KINDS}
    assert page.fresh(path, reports) == path.read_text(encoding="utf-8"), "make docs writes it anew"


def test_links_lead_somewhere() -> None:
    for path in page.PAGES:
        targets = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
        assert targets
        assert [target for target in targets if not (path.parent / target).exists()] == []
    for readme, path in zip(("README.md", "README.zh-CN.md"), page.PAGES, strict=True):
        assert f"](docs/{path.name})" in (ROOT / readme).read_text(encoding="utf-8")
