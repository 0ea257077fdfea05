"""Type checkers see parameters and results of every method."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tallystick.client.async_methods import AsyncMethods
from tallystick.client.sync_methods import SyncMethods
from tallystick.contract import ENDPOINTS
from tallystick.contract.core import Endpoint
from tests.conformance.clients.play import NODE

REVEALED = Path(__file__).with_name("revealed.py")
PYRIGHT = NODE / "node_modules" / "pyright" / "index.js"
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_method_says_what_it_takes_and_gives(endpoint: Endpoint) -> None:
    """No parameter and no result is left open: `Any` and `object` would be seen by no checker."""
    for half in (SyncMethods, AsyncMethods):
        signature = inspect.signature(getattr(half, endpoint.name))
        said = [str(each.annotation) for name, each in signature.parameters.items() if name != "self"]
        said.append(str(signature.return_annotation))
        assert not [text for text in said if text in ("Any", "object") or "_empty" in text]


def pyright(*files: Path) -> list[dict[str, Any]]:
    """What strict pyright says of files of this tree. Skipped by name without node, or without pyright in it."""
    absent = "" if shutil.which("node") else "pyright is not tried: there is no node"
    if not absent and not PYRIGHT.exists():
        absent = "pyright is not installed: run `make setup-node`"
    if absent and os.environ.get("CI") == "true":
        pytest.fail(absent)
    if absent:
        pytest.skip(absent)
    command: list[str | Path] = ["node", PYRIGHT, "--outputjson", "--pythonpath", sys.executable, *files]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)
    found: list[dict[str, Any]] = json.loads(ran.stdout)["generalDiagnostics"]
    return found


def configured(folder: Path, text: str) -> Path:
    """The text as a file that pyright judges strictly, marks that nothing needs included."""
    path = folder / "revealed.py"
    rules = "# pyright: strict, reportUnnecessaryTypeIgnoreComment=true, reportUnusedExpression=false\n"
    path.write_text(rules + text, encoding="utf-8")
    return path


def test_pyright_sees_the_same_types(tmp_path: Path) -> None:
    found = pyright(configured(tmp_path, REVEALED.read_text(encoding="utf-8")))
    assert [f"line {each['range']['start']['line']}: {each['message']}" for each in found] == []


def test_pyright_can_complain(tmp_path: Path) -> None:
    """A wrong type said of a row, and a mark that hides nothing."""
    text = REVEALED.read_text(encoding="utf-8")
    wrong = text.replace("assert_type(loan.amt, Decimal)", "assert_type(loan.amt, str)")
    wrong = wrong.replace('amt="10.5")', 'amt="10.5")  # type: ignore[arg-type]')
    assert wrong != text
    found = pyright(configured(tmp_path, wrong))
    assert sorted(each["rule"] for each in found) == ["reportAssertTypeFailure", "reportUnnecessaryTypeIgnoreComment"]
