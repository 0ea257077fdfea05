"""Tools that read the journals of an archive: run as programs, never imported."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """A tool with its output. Without it the test is skipped by name, and under CI=true it fails."""
    name = str(words[0])
    if shutil.which(name) is None:
        missing = f"{name} is not installed: apt-get install beancount hledger"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


def accepted(form: str, journal: Path) -> subprocess.CompletedProcess[str]:
    """The answer of the tool that checks journals of this form."""
    return run("bean-check", "-C", journal) if form == "beancount" else run("hledger", "-f", journal, "check")


def balances(journal: Path) -> dict[tuple[str, str], str]:
    """(account, coin) -> balance of every account of a journal, as hledger adds it up."""
    done = run("hledger", "-f", journal, "balance", "--flat", "--no-total", "--empty", "--layout=bare", "-O", "csv")
    assert done.returncode == 0, done.stderr
    rows = [line.strip('"').split('","') for line in done.stdout.splitlines()[1:]]
    return {(account, coin): amount for account, coin, amount in rows}
