"""Exceptions of the client, under one tree.

    ClientError
    ├── NotSent                 nothing left this machine: no connection, no turn within the deadline
    ├── NoAnswer                a read was sent and not answered in time, or the connection was cut
    ├── BadAnswer               the answer has another shape than documented, such as a page of HTML
    │   └── UnreadableOutcome   the same, after a write (it is an OutcomeUnknown too)
    ├── Refused                 the exchange answered with a code; nothing happened
    │   ├── RateLimited         too many requests
    │   ├── KeyRefused          key, signature, timestamp, permission or address
    │   ├── BadParameter        a parameter is missing or not as documented; `field` names it
    │   ├── LeverRefused        the venue refused a control call
    │   └── AlreadyDone         the client number was used before: the earlier call was carried out or is under way
    ├── OutcomeUnknown          a write was sent, and nobody knows whether it was carried out
    │   └── UnreadableOutcome
    ├── IntentOpen              an earlier repayment of this kind and currency has no known outcome yet
    ├── Unprovable              a history cannot be read without a possible gap
    ├── ProfileError            a profile is missing, unreadable, or readable by others
    └── HostRefused             keys would go to a host they do not belong to

Every exception says what happened (`outcome`: none, done or unknown), whether the same call may work later
(`retry`), and, where an endpoint was called, its name. Texts are the exchange's, in English and Chinese.
No exception holds a key, a signature or a header.
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from tallystick.contract.errors import ERRORS, ErrorText

Effect: TypeAlias = Literal["none", "done", "unknown"]


class ClientError(Exception):
    """Base of all exceptions of the client.

    `code` is the exchange's, "" where it sent none. `text` and `text_zh` say what is wrong, `hint` what to do next.
    `endpoint` is the contract's name of the call, `field` the parameter at fault.
    """

    outcome: Effect = "none"
    retry: bool = False

    def __init__(
        self,
        text: str,
        *,
        hint: str = "",
        code: str = "",
        text_zh: str = "",
        endpoint: str = "",
        field: str = "",
        outcome: Effect | None = None,
        retry: bool | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.text_zh = text_zh or text
        self.hint = hint
        self.code = code
        self.endpoint = endpoint
        self.field = field
        if outcome is not None:
            self.outcome = outcome
        if retry is not None:
            self.retry = retry

    def __str__(self) -> str:
        what = f"{self.endpoint}: " if self.endpoint else ""
        code = f"{self.code} " if self.code else ""
        ends = self.text.endswith((".", "!", "?", "。"))
        return f"{what}{code}{self.text}" + (f"{'' if ends else ';'} {self.hint}" if self.hint else "")


class NotSent(ClientError):
    """Nothing was sent, so nothing happened."""

    retry = True


class NoAnswer(ClientError):
    """A read got no answer. It changes nothing and can be asked again."""

    retry = True


class BadAnswer(ClientError):
    """The answer cannot be read as the documents have it. `sample` is its beginning."""

    retry = True

    def __init__(self, text: str, *, sample: str = "", hint: str = "", endpoint: str = "") -> None:
        super().__init__(text, hint=hint, endpoint=endpoint)
        self.sample = sample


class Refused(ClientError):
    """The exchange refused the call with a code. Nothing happened."""


class RateLimited(Refused):
    """Too many requests. The call was not carried out."""

    retry = True


class KeyRefused(Refused):
    """The key, its passphrase, signature, timestamp, permission or address was refused."""


class BadParameter(Refused):
    """A parameter is missing or not as documented."""


class AlreadyDone(Refused):
    """The client number was used within its time. 51016: the earlier call is done; 51784: it is under way."""


class LeverRefused(Refused):
    """The venue refused a control call. `status` is its HTTP status. Nothing happened."""

    def __init__(self, text: str, *, status: int, hint: str = "", endpoint: str = "") -> None:
        super().__init__(text, hint=hint, endpoint=endpoint)
        self.status = status


class OutcomeUnknown(ClientError):
    """A write was sent, and nobody knows whether it was carried out. Never repeat it before you have looked."""

    outcome: Effect = "unknown"


class UnreadableOutcome(OutcomeUnknown, BadAnswer):
    """A write was answered with something that cannot be read, so its outcome is unknown."""

    outcome: Effect = "unknown"
    retry = False


class IntentOpen(ClientError):
    """An earlier request of this kind and currency has no known outcome yet: `resume()` says what became of it."""


class Unprovable(ClientError):
    """A history cannot be told whole: as many rows share one cursor value as a page holds, or more.

    `cursor` is that value. `beyond` is a position below it, for who goes on without the rows that may be missing.
    """

    def __init__(self, text: str, *, hint: str = "", endpoint: str = "", cursor: int = 0, beyond: str = "") -> None:
        super().__init__(text, hint=hint, endpoint=endpoint)
        self.cursor = cursor
        self.beyond = beyond


class ProfileError(ClientError):
    """A profile is missing, cannot be read, or can be read by others."""


class HostRefused(ClientError):
    """Keys were about to go to a host they do not belong to. Nothing was sent."""


# ---- codes

UNKNOWN_CODES: Final = frozenset({"50001", "50004", "50013", "50026", "51149", "52912"})
"""Codes after which a write may have been carried out, as after every answer with an HTTP status of 500 and more.

50004, 51149 and 52912 are timeouts, documented as saying nothing about success or failure; 50001,
50013 and 50026 are a system that is busy or broken, which says nothing about it either (chosen: decisions/038).
"""
NOT_DONE: Final = "50001/standby"
"""Variant of 50001 with a text of its own: one of several servers had no leader to pass the call on to."""
RATE_CODES: Final = frozenset({"50011", "50040", "50061", "58102"})
"""Codes that say the call came too often. It was not carried out, so that writes may be repeated as well."""
TIMESTAMP_CODE: Final = "50102"
PARAMETER_CODES: Final = frozenset(
    {"50000", "50002", "50006", "50014", "50015", "50016", "50024", "50025", "50036", "51000"}
)
DONE_CODES: Final[dict[str, Effect]] = {"51016": "done", "51784": "unknown"}

HINTS: Final = {
    "50011": "Wait, or let the client pace itself (pace=True); a venue whose clock stands still needs it advanced.",
    "50101": "A demo key works on host 'demo' alone, a live key everywhere else.",
    "50102": "The client measures the clock of the exchange; a second refusal means that the request was under way"
    " for over 30 seconds.",
    "50105": "Check the passphrase: it is the one given when the key was made.",
    "50110": "Add this machine's address to the key, or call from one that is listed.",
    "50113": "Check the secret key.",
    "50119": "Check that the key belongs to this host: global, us, eea, demo and local each have their own.",
    "50120": "Make a key with the permission this endpoint needs.",
}


def known(code: str) -> ErrorText | None:
    """The contract's entry of a code, or of its first variant."""
    found = ERRORS.get(code)
    if found is None:
        found = next((error for key, error in ERRORS.items() if key.partition("/")[0] == code), None)
    return found


def _pattern(template: str) -> re.Pattern[str]:
    """Pattern of a filled template of the contract; a placeholder that stands twice is read once."""
    parts = re.split(r"\{(\w+)\}", template)
    seen: set[str] = set()
    found = ""
    for number, part in enumerate(parts):
        if number % 2 == 0:
            found += re.escape(part)
        else:
            found += r".+?" if part in seen else rf"(?P<{part}>.+?)"
            seen.add(part)
    return re.compile(found)


def details_of(code: str, message: str) -> tuple[ErrorText | None, dict[str, str]]:
    """The contract's entry that a message was made from, and what fills its placeholders: `param` names a field."""
    for key, error in ERRORS.items():
        if key.partition("/")[0] == code:
            for template in (error.en, error.zh):
                if (match := _pattern(template).fullmatch(message)) is not None:
                    return error, match.groupdict()
    return known(code), {}


def in_chinese(entry: ErrorText | None, details: dict[str, str]) -> str:
    """The Chinese text of an entry, "" where not all of its placeholders are known."""
    if entry is None or set(re.findall(r"\{(\w+)\}", entry.zh)) - set(details):
        return ""
    return entry.zh.format_map(details)


def refusal(code: str, message: str, *, endpoint: str, write: bool, status: int = 200) -> ClientError:
    """The exception for an answer with a code other than 0. `write` is true where the call may move something."""
    entry, details = details_of(code, message)
    text = message or (entry.en if entry else "The exchange gave no reason.")
    text_zh = in_chinese(entry, details) or text
    kind: type[ClientError] = Refused
    outcome: Effect = "none"
    retry = bool(entry and entry.retry)
    uncertain = (code in UNKNOWN_CODES or status >= 500) and entry is not ERRORS[NOT_DONE]
    if uncertain and write:
        kind, outcome, retry = OutcomeUnknown, "unknown", False
    elif uncertain:
        kind, retry = NoAnswer, True
    elif code in DONE_CODES:
        kind, outcome, retry = AlreadyDone, DONE_CODES[code], False
    elif code in RATE_CODES:
        kind, retry = RateLimited, True
    elif code.startswith("501") or code in ("50030", "50035"):
        kind = KeyRefused
    elif code in PARAMETER_CODES:
        kind = BadParameter
    hint = HINTS.get(code, "")
    if kind is OutcomeUnknown:
        hint = "It may have been carried out: read the history before you repeat it."
    return kind(
        text,
        hint=hint,
        code=code,
        text_zh=text_zh,
        endpoint=endpoint,
        field=details.get("param", ""),
        outcome=outcome,
        retry=retry,
    )
