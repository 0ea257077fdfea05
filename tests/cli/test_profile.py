"""`tally profile`: keys go into a file that nobody else can read, and are never printed."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallystick.cli.profile_text import CannotEdit, with_default, with_profile, without_profile
from tallystick.client.profiles import DEFAULT
from tests.cli.account import Terminal, run, terminal
from tests.cli.process import COMMAND, ENVIRONMENT
from tests.cli.test_answers import SCHEMA, check
from tests.patience import PATIENCE_S

KEY = "1111-api-key\n2222-secret\n3333-pass\n"
SECRETS = ("1111-api-key", "2222-secret", "3333-pass")
OWN = """# Keys of the desk, made in November.
[main]
host = "global"  # the main site
api_key = "a"
secret_key = "b"
passphrase = "c"

# For reading alone.
["reader"]
host = "eea"
api_key = "d"
secret_key = "e"
passphrase = "f"
access = "read"
"""


@pytest.fixture
def path() -> Path:
    return Path(os.environ["TALLY_PROFILES"])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with terminal(tmp_path_factory.mktemp("profile") / "data") as found:
        yield found


def own(path: Path) -> None:
    path.write_text(OWN)
    path.chmod(0o600)


def test_a_profile_is_added_with_keys_from_standard_input(path: Path) -> None:
    done = run(*["profile", "add", "desk", "--host", "global", "--json"], answer=KEY)
    assert done.code == 0, done.out
    check(done.json, SCHEMA["commands"]["tally profile add"])
    assert (done.json["name"], done.json["host"], done.json["access"], done.json["live"]) == (
        "desk", "openapi.okx.com", "read", True
    )  # fmt: skip
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert tomllib.loads(path.read_text())["desk"] == {
        "host": "global", "api_key": SECRETS[0], "secret_key": SECRETS[1], "passphrase": SECRETS[2], "access": "read"
    }  # fmt: skip
    shown = run("profile", "list").out + run("profile", "show", "desk").out + done.out + done.err
    assert [secret for secret in SECRETS if secret in shown] == []


def test_the_folder_is_made_for_its_owner_alone(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TALLY_PROFILES", str(tmp_path / "new" / "profiles.toml"))
    assert run(*["profile", "add", "desk", "--host", "demo"], answer=KEY).code == 0
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["profiles.toml"]


def test_comments_and_other_profiles_stay(path: Path) -> None:
    own(path)
    assert run(*["profile", "add", "desk", "--host", "us", "--access", "trade"], answer=KEY).code == 0
    assert run("profile", "remove", "desk", "--yes").code == 0
    assert path.read_text() == OWN
    assert run(*["profile", "remove", "main", "--yes", "--json"]).json == {"removed": "main", "default": "local"}
    assert "# For reading alone." in path.read_text()
    assert list(tomllib.loads(path.read_text())) == ["reader"]
    assert run("profile", "remove", "reader", "--yes").code == 0
    assert tomllib.loads(path.read_text()) == {}


@pytest.mark.parametrize(
    ("words", "answer", "code", "reason"),
    [
        (["add", "local", "--host", "global"], KEY, 2, "local is the venue of --data"),
        (["add", "default_profile", "--host", "global"], KEY, 2, "is not to be named so"),
        (["add", "a b", "--host", "global"], KEY, 2, "cannot name a profile"),
        (["add", "main", "--host", "global"], KEY, 1, "has a profile main"),
        (["add", "desk"], KEY, 2, "Missing option '--host'"),
        (["add", "desk", "--host", "okx"], KEY, 1, "no address of a host"),
        (["add", "desk", "--host", "https://a.example/x"], KEY, 1, "has a path"),
        (["add", "desk", "--host", "global"], "a\nb\n", 2, "passphrase is missing"),
        (["add", "desk", "--host", "global"], "a\n\nc\n", 2, "secret_key is missing"),
        (["add", "desk", "--host", "global"], "a\nb\x07\nc\n", 1, "a control character"),
        (["add", "desk", "--host", "global", "--ca", "/nowhere/ca.pem"], KEY, 2, "does not exist"),
        (["remove", "desk"], "", 1, "has no profile desk"),
        (["remove", "main"], "", 1, "Not confirmed"),
        (["use", "desk"], "", 1, "there is no profile desk"),
        (["show", "desk"], "", 1, "has no profile 'desk'"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(
    path: Path, words: list[str], answer: str, code: int, reason: str
) -> None:
    own(path)
    done = run("profile", *words, "--json", answer=answer)
    assert (done.code, done.error["outcome"]) == (code, "none"), done.out
    assert reason in done.error["reason"]
    assert path.read_text() == OWN


def test_a_removal_is_asked_for(path: Path) -> None:
    own(path)
    assert run("profile", "remove", "main", answer="n\n").code == 1
    assert path.read_text() == OWN
    done = run("profile", "remove", "main", answer="y\n")
    assert (done.code, done.out) == (0, "Removed main; commands use local.\n")


def test_a_file_that_others_can_read_is_not_changed(path: Path) -> None:
    own(path)
    path.chmod(0o644)
    for words in (["add", "desk", "--host", "global"], ["remove", "main", "--yes"], ["use", "main"]):
        done = run("profile", *words, "--json", answer=KEY)
        assert (done.code, done.error["category"]) == (1, "profile")
        assert "can be read by others (mode 0644)" in done.error["reason"]
    assert path.read_text() == OWN


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    own(target)
    path.symlink_to(target)
    assert run("profile", "remove", "main", "--yes").code == 0
    assert path.is_symlink()
    assert list(tomllib.loads(target.read_text())) == ["reader"]


def test_a_file_that_cannot_be_written_is_said_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLY_PROFILES", "/proc/none/profiles.toml")
    done = run(*["profile", "add", "desk", "--host", "global", "--json"], answer=KEY)
    assert (done.code, done.error["category"]) == (1, "failed")
    assert "cannot write /proc/none/profiles.toml" in done.error["reason"]


def test_the_profile_in_use_is_that_of_commands_that_name_none(place: Terminal, path: Path) -> None:
    alice = place.served.alice
    keys = f"{alice.api_key}\n{alice.secret_key}\n{alice.passphrase}\n"
    assert run(*f"profile add venue --host {place.served.url} --access trade".split(), answer=keys).code == 0
    assert run("whoami", "--json").error["category"] == "profile"
    used = run("profile", "use", "venue", "--json")
    check(used.json, SCHEMA["commands"]["tally profile use"])
    assert (used.json["name"], used.json["default"]) == ("venue", True)
    assert run("whoami", "--json").json["profile"] == "venue"
    assert "venue *" in run("profile", "list").out
    # Who names the folder of a venue, or a user of it, means the venue of this machine.
    assert place.tally("whoami", "--json").json["profile"] == "local"
    assert place.tally("whoami", "--user", "bob", "--json").json["uid"] == "1002"
    assert run("whoami", "--profile", "local", "--json").error["category"] == "profile"
    place.control("faults", {"on": "spot_manual_borrow_repay", "fault": "drop-after-commit", "nth": 1})
    here = place.tally("borrow USDC 1 --yes --json")
    assert here.error["resume"].endswith(f"--profile local --data {place.folder}")
    assert run("profile", "use", "local").code == 0
    assert run("whoami", "--json").error["category"] == "profile"
    assert "default_profile" not in path.read_text()
    run("profile", "use", "venue")
    assert run(*["profile", "remove", "venue", "--yes", "--json"]).json == {"removed": "venue", "default": "local"}


def test_keys_that_are_typed_are_not_shown(tmp_path: Path) -> None:
    """On a terminal each is asked for, and what is typed does not appear there."""
    place = tmp_path / "profiles.toml"
    ours, its = pty.openpty()
    command = [*COMMAND, "profile", "add", "desk", "--host", "global"]
    env = {**ENVIRONMENT, "TALLY_PROFILES": str(place)}
    with subprocess.Popen(command, env=env, stdin=its, stdout=its, stderr=its, start_new_session=True) as process:
        os.close(its)
        seen = b""
        for question, answer in zip((b"API key", b"Secret key", b"Passphrase"), SECRETS, strict=True):
            while question not in seen:
                seen += os.read(ours, 4_096)
            os.write(ours, f"{answer}\n".encode())
        process.wait(PATIENCE_S)
        while process.returncode is None:
            seen += os.read(ours, 4_096)
        os.close(ours)
    assert process.returncode == 0
    assert tomllib.loads(place.read_text())["desk"]["passphrase"] == SECRETS[2]
    assert [secret for secret in SECRETS if secret.encode() in seen] == []


# ---- the text


ODD = [
    "",
    "# nothing but a comment\n",
    OWN,
    'default_profile = "main"\n' + OWN,
    "[a]\nhost = 'x'\n\n\n[ b ]\nhost='y'\n",
    "[a]\nhost = 'x'",
]


@pytest.mark.parametrize("text", ODD)
def test_changes_leave_all_else_as_it_was(text: str) -> None:
    before = tomllib.loads(text)
    entries = {"host": "https://x.example", "api_key": 'quote " back \\ tick', "passphrase": "密码"}
    more = with_profile(text, "new", entries)
    assert tomllib.loads(more) == {**before, "new": entries}
    assert tomllib.loads(without_profile(more, "new")) == before
    used = with_default(more, "new")
    assert tomllib.loads(used) == {**before, "new": entries, DEFAULT: "new"}
    again = {name: value for name, value in before.items() if name != DEFAULT} | {"new": entries}
    assert tomllib.loads(with_default(used, None)) == again
    assert json.dumps(entries) != ""


@pytest.mark.parametrize(
    "text",
    ["a.host = 'x'\n", "a = {host = 'x'}\n", '[a]\nhost = """\n[b]\n"""\n', "[a.more]\nhost = 'x'\n"],
)
def test_a_text_that_cannot_be_changed_is_left_alone(text: str) -> None:
    with pytest.raises(CannotEdit):
        without_profile(text, "a")
