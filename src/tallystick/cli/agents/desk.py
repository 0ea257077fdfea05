"""The desk: what an agent's tools do, with the client of one account and the levers of one venue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import msgspec

from tallystick.cli.agents import borrowing
from tallystick.cli.agents.intents import Intents, Noted, Watched
from tallystick.cli.frame.failing import Failure, Form, of_client
from tallystick.cli.frame.options import LOCAL, Asked
from tallystick.cli.outcomes import failure_of, record_of
from tallystick.client.errors import ClientError, OutcomeUnknown
from tallystick.client.files import state_folder
from tallystick.client.flows import Flow, Session
from tallystick.client.levers import Levers
from tallystick.client.safe import resuming
from tallystick.client.safe.intents import Ended, Intent
from tallystick.client.sync import Client

Result = dict[str, Any]
T = TypeVar("T")

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
        return self._once(intent, what, asked, lambda noted: self._sent(noted, lambda _: act(), look))

    def borrow(self, intent: str, ccy: str, amt: str, wait_s: float, look: str) -> Result:
        """Borrow a coin once, in Spot mode. Where the answer is lost its row in the history is looked for."""

        def carry_out(noted: Noted) -> Result:
            if noted.stage == "sent":
                return self._reconciled(noted, wait_s)
            prepared = self._prepared(noted, borrowing.prepare(self._session, ccy, amt))
            try:
                return self._sent(prepared, lambda sent: self._run(borrowing.carry_out(self._session, sent)), look)
            except Failure as failure:
                if failure.form.outcome != "unknown":
                    raise
                return self._found(self._again(intent), wait_s)

        return self._once(intent, "borrow", {"ccy": ccy, "amt": amt}, carry_out)

    def switch(self, intent: str, on: bool, look: str) -> Result:
        """Switch auto repay once. Where the answer is lost the account's setting tells."""

        def carry_out(noted: Noted) -> Result:
            try:
                return self._sent(noted, lambda _: dict(self.client.set_auto_repay(autoRepay=on).raw), look)
            except Failure as failure:
                if failure.form.outcome != "unknown":
                    raise
                return self._set(self._again(intent))

        return self._once(intent, "auto_repay", {"on": on}, carry_out)

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
        if noted.prepared:
            return self._found(noted, wait_s)
        if noted.what == "auto_repay":
            return self._set(noted)
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

    def _prepared(self, noted: Noted, flow: Flow[str]) -> Noted:
        """The intent with what finds its request again. Where that cannot be read the id is free."""
        try:
            return msgspec.structs.replace(noted, prepared=self._run(flow))
        except (ClientError, TypeError, ValueError):
            self.intents.forget(noted)
            raise

    def _found(self, noted: Noted, wait_s: float) -> Result:
        """What became of a borrowing that was sent. Raises Failure where nobody knows."""
        look = str((noted.result or {}).get("look", ""))
        until = self._session.clock.monotonic() + wait_s
        try:
            found = self._run(borrowing.find(self._session, noted.prepared, until))
        except ClientError as error:
            raise unknown(noted, f"{error} {NOT_AGAIN.format(look=look)}") from None
        if found.row is not None:
            row = {name: found.row[name] for name in ("ccy", "amt", "ts") if name in found.row}
            return self._end(noted, {"intent": noted.intent, "outcome": "done", **row})
        if found.absent:
            form = Form("not-done", reason=found.note, retryable=True)
            return self._end(noted, {"error": form._asdict(), "intent": noted.intent})
        raise unknown(noted, f"{found.note} {NOT_AGAIN.format(look=look)}".strip())

    def _set(self, noted: Noted) -> Result:
        """What became of a switch that was sent. Raises Failure where it does not stand as it was asked for."""
        look = str((noted.result or {}).get("look", ""))
        try:
            stands = self.client.config().spotBorrowAutoRepay
        except ClientError as error:
            raise unknown(noted, f"{error} {NOT_AGAIN.format(look=look)}") from None
        if stands is not noted.asked["on"]:
            raise unknown(noted, NOT_AGAIN.format(look=look))
        return self._end(noted, {"intent": noted.intent, "outcome": "done", "autoRepay": stands})

    def _end(self, noted: Noted, result: Result) -> Result:
        self.intents.note(msgspec.structs.replace(noted, stage="ended", result=result))
        return result

    def _again(self, intent: str) -> Noted:
        """The intent as it is noted now."""
        noted = self.intents.find(intent)
        if noted is None:
            raise AssertionError(f"the intent {intent} was noted before it was sent")
        return noted

    @property
    def _session(self) -> Session:
        return self.client._session

    def _run(self, flow: Flow[T]) -> T:
        return self.client._run(flow)

    def _sent(self, noted: Noted, act: Callable[[str], Result], look: str) -> Result:
        if noted.stage == "sent":
            return self._reconciled(noted, 0)
        sent = self.intents.note(msgspec.structs.replace(noted, stage="sent", result={"look": look}))
        try:
            found: Result = {"intent": noted.intent, "outcome": "done", **act(sent.prepared)}
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
