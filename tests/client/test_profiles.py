"""Where keys lie and where they may go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tallystick import Client
from tallystick.client import errors, hosts, profiles
from tallystick.client.flows import call
from tallystick.contract import account
from tests.client.venue import Served, served

PROFILES = """
[live]
host = "global"
api_key = "k"
secret_key = "s"
passphrase = "p"

[trial]
host = "demo"
api_key = "k"
secret_key = "s"
passphrase = "p"

[half]
host = "eea"
api_key = "k"

[odd]
host = "eea"
api_key = "k"
secret_key = "s"
passphrase = "p"
phrase = "?"

[broken]
host = "eea"
api_key = "k"
secret_key = "s"
passphrase = "SECRET\\n"

[nowhere]
host = "https://venue.example"
api_key = "k"
secret_key = "s"
passphrase = "p"
ca = "/nowhere/ca.pem"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(PROFILES, encoding="utf-8")
    path.chmod(0o600)
    monkeypatch.setenv("TALLY_PROFILES", str(path))
    return path


def test_a_profile_knows_its_host(file: Path) -> None:
    live = Client.from_profile("live", pace=False)
    assert live._session.host == hosts.HOSTS["global"]
    assert "x-simulated-trading" not in live._session.headers
    trial = Client.from_profile("trial", pace=False)
    assert trial._session.host.url == "https://openapi.okx.com"
    assert trial._session.headers["x-simulated-trading"] == "1"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(errors.ProfileError, match=f"mode {mode:04o}.*chmod 600"):
        Client.from_profile("live")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("other", "no profile 'other'.*broken, half, live, nowhere, odd, trial"),
        ("half", "lacks secret_key, passphrase"),
        ("odd", "'phrase' is not to be there"),
        ("broken", "passphrase has a blank or a line break"),
        ("nowhere", "there is no such file"),
    ],
)
def test_a_profile_that_is_not_as_it_must_be(file: Path, name: str, words: str) -> None:
    with pytest.raises(errors.ProfileError, match=words) as caught:
        Client.from_profile(name)
    assert "SECRET" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_toml(file: Path) -> None:
    file.write_text("[live", encoding="utf-8")
    with pytest.raises(errors.ProfileError, match="is no TOML"):
        Client.from_profile("live")
    file.unlink()
    with pytest.raises(errors.ProfileError, match=r"is not there. Make it"):
        Client.from_profile("live")


def test_the_default_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TALLY_PROFILES", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert profiles.place() == tmp_path / "tallystick" / "profiles.toml"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert profiles.place().parts[-3:] == (".config", "tallystick", "profiles.toml")


# ---- where keys may go


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8080", "https://example.com", "us", "demo"])
def test_keys_of_a_profile_go_to_its_host_alone(file: Path, base_url: str) -> None:
    with pytest.raises(errors.HostRefused, match=r"belong to https://openapi.okx.com"):
        Client.from_profile("live", base_url=base_url, pace=False)
    asked = Client.from_profile("live", base_url=base_url, other_host=True, pace=False)
    assert asked._session.host.url == hosts.host_of(base_url).url


def test_the_profiles_own_host_may_be_named(file: Path) -> None:
    Client.from_profile("live", base_url="https://OPENAPI.okx.com/", pace=False)


def test_keys_do_not_travel_readable() -> None:
    keys: dict[str, Any] = {"api_key": "k", "secret_key": "s", "passphrase": "p", "pace": False}
    with pytest.raises(errors.HostRefused, match=r"not encrypted.*plain_http=True"):
        Client(**keys, base_url="http://venue.example")
    Client(**keys, base_url="http://venue.example", plain_http=True)
    Client(**keys, base_url="http://[::1]:8080")
    Client(base_url="http://venue.example", pace=False)


@pytest.mark.parametrize(
    "url", ["ftp://x", "localhost:8080", "https://", "https://a/api", "https://u:p@a", "https://a?x"]
)
def test_what_is_no_host(url: str) -> None:
    with pytest.raises(errors.HostRefused):
        Client(base_url=url)


def test_keys_belong_together() -> None:
    with pytest.raises(ValueError, match="all three or none"):
        Client(api_key="k", secret_key="s")


@pytest.mark.parametrize("value", ["SECRET\n", " SECRET", "SECRET\0", "SECRÉT"])
@pytest.mark.parametrize("name", ["api_key", "secret_key", "passphrase"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(name: str, value: str) -> None:
    """As of a file that was read with its line break: else each call would fail without a reason."""
    keys: dict[str, Any] = {"api_key": "k", "secret_key": "s", "passphrase": "p"} | {name: value}
    with pytest.raises(ValueError, match=f"^{name} has a blank or a line break") as caught:
        Client(**keys, pace=False)
    assert "SEC" not in str(caught.value)


# ---- the local venue


@pytest.fixture
def venue(tmp_path: Path) -> Any:
    with served() as here:
        folder = tmp_path / ".tally"
        folder.mkdir()
        text = {
            "url": here.url,
            "control_token": "t",
            "surface": "2026-01",
            "market": "m",
            "users": [
                {"name": name, "uid": uid, "keys": [_key(key) for key in keys]}
                for name, uid, keys in (("alice", "1", (here.reader, here.alice)), ("bob", "2", (here.bob,)))
            ],
        }
        path = folder / "connection.json"
        path.write_text(json.dumps(text), encoding="utf-8")
        path.chmod(0o600)
        yield here, folder


def _key(key: Any) -> dict[str, Any]:
    return {name: getattr(key, name) for name in ("api_key", "secret_key", "passphrase", "permissions")}


def rows(client: Client) -> Any:
    with client:
        return client._run(call(client._session, account.CONFIG)).rows


def test_local_is_the_venue_whose_data_is_named(
    venue: tuple[Served, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, folder = venue
    alice = rows(Client.from_profile("local", data=folder))
    assert alice[0]["perm"] == "read_only,trade"
    assert rows(Client.from_profile("local", data=folder, user="bob"))[0]["uid"] != alice[0]["uid"]
    monkeypatch.setenv("TALLY_DATA", str(folder))
    assert rows(Client.from_profile("local")) == alice
    monkeypatch.delenv("TALLY_DATA")
    monkeypatch.chdir(tmp_path)
    assert rows(Client.from_profile("local")) == alice


def test_local_that_is_not_there(venue: tuple[Served, Path], tmp_path: Path) -> None:
    _, folder = venue
    with pytest.raises(errors.ProfileError, match=r"no user 'carol'.*alice, bob"):
        Client.from_profile("local", data=folder, user="carol")
    with pytest.raises(errors.ProfileError, match="tally serve"):
        Client.from_profile("local", data=tmp_path / "none")
    (folder / "connection.json").write_text("{}", encoding="utf-8")
    with pytest.raises(errors.ProfileError, match="not what a venue writes"):
        Client.from_profile("local", data=folder)
