"""Every code an answer can carry: its text in two languages, its HTTP status, whether a retry can help.

Texts and statuses are the exchange's own, since clients match on them; documented (error-code-rest-api)
where no other source is named. 50119 and 50120 are printed with 200 and were seen with 401 (observed);
50011 is the gateway's form of it (observed). A key with a slash is a variant of a code with words
and a status of our own (chosen).
"""

from __future__ import annotations

from typing import Final

from tallystick.contract.errors.account import ACCOUNT
from tallystick.contract.errors.convert import CONVERT
from tallystick.contract.errors.flexible_loans import FLEXIBLE
from tallystick.contract.errors.form import ErrorText
from tallystick.contract.errors.funding import FUNDING
from tallystick.contract.errors.keys import KEYS
from tallystick.contract.errors.orders import ORDERS
from tallystick.contract.errors.request import REQUEST
from tallystick.contract.errors.sockets import SOCKETS

__all__ = ["ERRORS", "ErrorText", "has_data", "text"]

ERRORS: Final[dict[str, ErrorText]] = {
    **SOCKETS,
    **REQUEST,
    **KEYS,
    **ORDERS,
    **FLEXIBLE,
    **CONVERT,
    **FUNDING,
    **ACCOUNT,
}


class _Known(dict[str, str]):
    """A placeholder nobody filled stays as it is: a poor text is better than no answer."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def text(key: str, language: str = "en", **details: str) -> str:
    """The words of one code or variant. `language` beginning with "zh" is Chinese, all else English."""
    error = ERRORS[key]
    template = error.zh if language.startswith("zh") else error.en
    return template.format_map(_Known(details)) if "{" in template else template


def has_data(code: str) -> bool:
    """True where a refusal with this code carries an empty `data`; the gateway's own do not (observed)."""
    return not (code.startswith("501") or code == "50011")
