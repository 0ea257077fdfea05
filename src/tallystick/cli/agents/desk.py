"""The desk: what an agent's tools do, with the client of one account and the levers of one venue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from tallystick.cli.agents.intents import Intents, Noted, Watched
from tallystick.cli.frame.failing import Failure, Form, of_client
from tallystick.cli.frame.options import LOCAL, Asked
from tallystick.cli.outcomes import failure_of, record_of
from tallystick.client.errors import ClientError, OutcomeUnknown
from tallystick.client.files import state_folder
from tallystick.client.levers import Levers
from tallystick.client.safe import resuming
from tallystick.client.safe.intents import Ended, Intent
from tallystick.client.sync import Client

Result = dict[str, Any]

NOT_AGAIN: Final = (
    "It was sent, and nobody knows whether it was carried out. It is not sent again. {look} Use a new intent only when "
    "you know that it was not carried out."
)


class Desk:
    """An account, and the agent's intents of its key."""

    def __init__(self, asked: Asked, client: Client) -> None:
        self.asked = asked
        self.client = client
        session = client._session
        owner = session.key.fingerprint if session.key else "nobody"
        self.intents = Intents(state_folder() / "agents", owner, session.host.url)
        self._watched = Watched(client._kept.folder, self.intents)
        client._kept = self._watched

    @contextmanager
    def levers(self) -> Iterator[Levers]:
        """Levers of the venue. Raises Failure for an account that is not of one."""
        if self.asked.profile != LOCAL:
            raise Failure(Form("host", reason=f"Profile {self.asked.profile!r} is no venue of this machine."))
        with Levers.of_data(self.asked.data) as levers:
            yield levers

    # ---- writes

    def settle(
        self, intent: str, what: str, asked: Mapping[str, Any], act: Callable[[], Ended], wait_s: float
    ) -> Result:
        """Carry a request of the safe repay out once, and tell its outcome."""
        return self._once(intent, what, asked, lambda noted: self._settled(noted, act, wait_s))

    def send(self, intent: str, what: str, asked: Mapping[str, Any], act: Callable[[], Result], look: str) -> Result:
        """Carry out a request that has no safe form. `look` says where to look if its outcome is unknown."""
        return self._once(intent, what, asked, lambda noted: self._sent(noted, act, look))

    def outcome(self, intent: str, wait_s: float) -> Result:
        """The outcome of an intent. Nothing is sent again."""
        with self.intents.alone():
            noted = self.intents.find(intent)
            if noted is None:
                raise Failure(Form("parameter", reason=f"There is no intent {intent!r} of this key."))
            if noted.stage == "ended":
                return told(noted)
            if noted.stage == "begun":
                raise Failure(
                    Form("not-sent", reason="Nothing was sent.", retryable=True), hint="Ask again with this intent."
                )
            return self._reconciled(noted, wait_s)

    def _once(self, intent: str, what: str, asked: Mapping[str, Any], carry_out: Callable[[Noted], Result]) -> Result:
        with self.intents.alone():
            noted = self.intents.begin(intent, what, asked)
            if noted.stage == "ended":
                return told(noted)
            return carry_out(noted)

    def _settled(self, noted: Noted, act: Callable[[], Ended], wait_s: float) -> Result:
        if noted.stage == "sent":
            return self._reconciled(noted, wait_s)
        self._watched.current = noted
        try:
            ended = act()
        except (ClientError, TypeError, ValueError):
            if self._watched.current.stage == "begun":
                self.intents.forget(noted)
            raise
        else:
            return self._ended(self._watched.current, ended)
        finally:
            self._watched.current = None

    def _reconciled(self, noted: Noted, wait_s: float) -> Result:
        """Find out what became of a request that was sent."""
        if not noted.safe:
            raise unknown(noted, NOT_AGAIN.format(look=str((noted.result or {}).get("look", ""))))
        safe = msgspec.json.decode(noted.safe.encode(), type=Intent)
        client = self.client
        until = client._session.clock.monotonic() + wait_s
        self._watched.current = noted
        try:
            ended = client._run(resuming.settle(client._session, noted.safe_name, safe, until))
            return self._ended(self._watched.current, ended)
        finally:
            self._watched.current = None

    def _ended(self, noted: Noted, ended: Ended) -> Result:
        record = record_of(ended)
        failure = failure_of(self.asked, ended, record)
        found: Result = {"intent": noted.intent, **msgspec.to_builtins(record)}
        if failure is not None:
            open_ = failure.form.outcome == "unknown"
            form = failure.form._replace(resume=f"outcome(intent={noted.intent!r})" if open_ else "")
            found = {"error": form._asdict(), **found}
            if open_:
                return found
        self.intents.note(msgspec.structs.replace(noted, stage="ended", result=found))
        return found

    def _sent(self, noted: Noted, act: Callable[[], Result], look: str) -> Result:
        if noted.stage == "sent":
            raise unknown(noted, NOT_AGAIN.format(look=look))
        sent = self.intents.note(msgspec.structs.replace(noted, stage="sent", result={"look": look}))
        try:
            found: Result = {"intent": noted.intent, "outcome": "done", **act()}
        except OutcomeUnknown as error:
            raise unknown(sent, f"{error} {NOT_AGAIN.format(look=look)}") from None
        except (ClientError, Failure, TypeError, ValueError):
            self.intents.forget(sent)
            raise
        self.intents.note(msgspec.structs.replace(sent, stage="ended", result=found))
        return found


def told(noted: Noted) -> Result:
    """The outcome of an intent that was given before."""
    return {**(noted.result or {}), "repeated": True}


def unknown(noted: Noted, reason: str) -> Failure:
    form = Form("unknown", reason=reason, outcome="unknown", resume=f"outcome(intent={noted.intent!r})")
    return Failure(form, found={"intent": noted.intent})


def failed(error: Exception) -> Result:
    """The error form of an exception. Raises what is a fault of the program."""
    if isinstance(error, ClientError):
        error = of_client(error)
    if isinstance(error, TypeError | ValueError):
        error = Failure(Form("parameter", reason=str(error)))
    if not isinstance(error, Failure):
        raise error
    form = error.form._asdict()
    return {"error": form | ({"hint": error.hint} if error.hint else {}), **error.found}
