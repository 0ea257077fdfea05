"""Making of a client: from parameters or from a profile, the same for both halves."""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import TypedDict, TypeVar, Unpack

from tallystick.client import profiles, steps
from tallystick.client.clock import Clock
from tallystick.client.files import Kept, state_folder
from tallystick.client.flows import Session
from tallystick.client.hosts import LATEST, Host, host_of, require_own, require_private
from tallystick.client.pace import Pace, folder_of_user
from tallystick.client.secrets import Key
from tallystick.client.steps import Drop, Keep, ListKept, Release, Remember, Reserve, Result, Step, Tell

C = TypeVar("C", bound="Made")


def remove_told(kept: Kept, told: list[tuple[str, str]]) -> None:
    """Remove the files of outcomes that were returned. One that cannot be removed is told again, and is as true."""
    while told:
        # Threads may come here at once.
        with suppress(IndexError, OSError):
            kept.remove(*told.pop())


class Options(TypedDict, total=False):
    """Options that both ways of making a client take, see `Made`."""

    pace: bool
    timeout: float
    deadline: float
    language: str
    plain_http: bool
    transport: str


class Made(ABC):
    """Constructor of both halves, and what no client does: tell its keys.

    `base_url` is an address, or global, us, eea or demo. Without keys only public calls can be made. `simulated`
    sends the header of demo trading to an address of your own, `surface` says which rate limits hold there, `ca` is
    the certificate to trust. Of the options `timeout` is for one attempt and `deadline` for a call with its repeats
    and waits, both in seconds; `pace=False` waits for no turn under the rate limits; `plain_http=True` allows keys on
    an unencrypted connection to another machine. The async half has `transport` "aiohttp" or, faster, "httptools".

    Raises ValueError for keys in part, HostRefused for an address that keys must not go to.
    """

    def __init__(
        self,
        *,
        api_key: str = "",
        secret_key: str = "",
        passphrase: str = "",
        base_url: str = "global",
        simulated: bool = False,
        surface: str = LATEST,
        ca: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        given = {bool(api_key), bool(secret_key), bool(passphrase)}
        key = Key(api_key, secret_key, passphrase) if given == {True} else None
        # No traceback from here on has them among its variables.
        api_key = secret_key = passphrase = ""
        if len(given) > 1:
            raise ValueError("api_key, secret_key and passphrase belong together: give all three or none")
        self._make(host_of(base_url, simulated=simulated, surface=surface), key, ca, options)

    def _make(self, host: Host, key: Key | None, ca: str | None, options: Options) -> None:
        if key is not None:
            require_private(host, plain_http=options.get("plain_http", False))
        self._pace = Pace(folder_of_user() if options.get("pace", True) else None)
        uid, main_uid = self._pace.owner(key.fingerprint) if key else ("", "")
        self._session = Session(
            host=host,
            key=key,
            clock=Clock(),
            paced=options.get("pace", True),
            uid=uid,
            main_uid=main_uid,
            language=options.get("language", "en"),
            timeout_s=options.get("timeout", 10.0),
            deadline_s=options.get("deadline", 60.0),
        )
        self._kept = Kept(state_folder() / "intents")
        self._told: list[tuple[str, str]] = []
        self._ends = False
        self._ca = ca
        self._transport_name = options.get("transport", "")
        self._connect(ca)

    def _aside(self, step: Step) -> Result:
        """Carry out a step that moves neither bytes nor time."""
        match step:
            case Reserve():
                return self._pace.reserve(step)
            case Release():
                self._pace.release(step.turn)
            case Remember():
                self._pace.remember(step)
            case Keep():
                return self._keep(step)
            case Drop():
                with suppress(OSError):
                    self._kept.remove(step.name, step.mark)
            case Tell():
                with suppress(OSError):
                    self._kept.replace(step.name, step.mark, step.content)
            case ListKept():
                return self._list_kept()
        return None

    def _returned(self, told: list[Tell]) -> None:
        """Note the outcomes that a call returns: their files go at the next call, or when the program ends by itself.

        A call that ends otherwise, by Ctrl-C or a cancelled task, has returned none: `resume` tells them again.
        """
        self._told.extend((step.name, step.mark) for step in told)
        if not self._ends:
            self._ends = True
            weakref.finalize(self, remove_told, self._kept, self._told)

    def _acknowledge(self) -> None:
        """Remove the outcomes that earlier calls have returned."""
        remove_told(self._kept, self._told)

    def _keep(self, step: Keep) -> steps.Kept:
        try:
            there = not self._kept.write_new(step.name, step.content)
        except OSError as error:
            return steps.Kept(failed=f"{type(error).__name__}: {error}")
        return steps.Kept(there=there, place=str(self._kept.place(step.name)))

    def _list_kept(self) -> steps.Kept:
        try:
            return steps.Kept(self._kept.all(), place=str(self._kept.folder))
        except OSError as error:
            return steps.Kept(failed=f"{type(error).__name__}: {error}")

    @abstractmethod
    def _connect(self, ca: str | None) -> None:
        """Make the transport. `ca` is a certificate to trust instead of those of the system."""

    @classmethod
    def from_profile(
        cls: type[C],
        name: str,
        *,
        data: Path | str | None = None,
        user: str = "",
        base_url: str = "",
        other_host: bool = False,
        **options: Unpack[Options],
    ) -> C:
        """A client with the keys of a profile. Raises ProfileError, HostRefused.

        `local` is the venue whose connection.json lies in `data`, TALLY_DATA or .tally; `user` is one of its users,
        absent the first. `base_url` is another host than the profile's, which `other_host=True` must allow.
        """
        profile = profiles.load(name, data=data, user=user)
        host = profile.host
        if base_url:
            host = host_of(base_url, simulated=host.simulated, surface=host.surface)
            require_own(name, profile.host, host, other_host=other_host)
        made = cls.__new__(cls)
        made._make(host, profile.key, profile.ca, options)
        return made

    def __repr__(self) -> str:
        if not hasattr(self, "_session"):
            return f"<{type(self).__name__}, not made yet>"
        key = f", key {self._session.key.fingerprint}" if self._session.key else ""
        return f"<{type(self).__name__} of {self._session.host.name} ({self._session.host.url}){key}>"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a client holds keys and is not pickled: make it from its profile where it is used")
