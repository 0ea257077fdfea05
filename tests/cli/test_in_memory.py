"""`tally serve --in-memory`: a venue for the tests of others, which keeps nothing and begins without users."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from tallystick.client.levers import Levers
from tests.cli.process import COMMAND, ENVIRONMENT, tally

TOKEN = "a-token-of-the-tests"


def test_it_keeps_nothing_and_has_no_users(tmp_path: Path) -> None:
    command = [*COMMAND, "serve", "--in-memory", "--port", "0", "--frozen", "--at", "2026-01-20T09:00:00Z"]
    environment = ENVIRONMENT | {"TALLY_CONTROL_TOKEN": TOKEN}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        greeting = []
        for line in process.stdout:
            greeting.append(line.strip())
            if line.startswith("Ctrl-C"):
                break
        url = greeting[0].split()[2]
        with Levers(url, TOKEN) as levers:
            assert levers.users.all().users == ()
            levers.users.create(name="alice")
            assert [user.name for user in levers.users.all().users] == ["alice"]
        assert "Nothing is kept, and there are no users: POST /tally/v1/users makes them." in greeting
        process.send_signal(signal.SIGINT)
        *lines, last = process.stdout.read().splitlines()
        assert last == "Stopped. Nothing is kept."
        # What happened right before Ctrl-C is printed too.
        assert any("POST users 200" in line for line in lines)
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_what_needs_a_folder_is_refused() -> None:
    assert "TALLY_CONTROL_TOKEN" not in os.environ
    done = tally("serve", "--in-memory")
    assert (done.returncode, done.stdout) == (1, "")
    said = "with --in-memory no connection.json is written: give a control token in TALLY_CONTROL_TOKEN"
    assert done.stderr.strip().endswith(said)
    done = tally("serve", "--in-memory", "--tls", "--control-token", TOKEN)
    assert done.stderr.strip().endswith("and --in-memory has none: leave one of them out")
