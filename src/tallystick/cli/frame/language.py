"""Language of help, tables and questions: Chinese where --lang or the environment says so, else English."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Final, NamedTuple

ENGLISH: Final = "en"
CHINESE: Final = "zh"
LANGUAGES: Final = (ENGLISH, CHINESE)
OPTION: Final = "--lang"
VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Variables of the environment that name a language; the first that is set counts."""

_spoken: ContextVar[str] = ContextVar("language", default="")


class Words(NamedTuple):
    """One text in both languages."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self.zh if language() == CHINESE else self.en


class Count(int):
    """Number in an English sentence with its word: `{rows:row}` gives "1 row" or "1,200 rows", `{rows}` "1,200"."""

    def __format__(self, word: str) -> str:
        number = int.__format__(self, ",")
        return f"{number} {word}{'s' * (self != 1)}" if word else number


def language() -> str:
    """Language of the command that runs."""
    return _spoken.get() or of_environment()


def of_environment() -> str:
    named = next((os.environ[name] for name in VARIABLES if os.environ.get(name)), "")
    return CHINESE if named.lower().startswith(CHINESE) else ENGLISH


def speak(words: Sequence[str]) -> None:
    """Take the language from a command line. Help is printed before options are read, so this comes first."""
    found = ""
    for number, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == OPTION:
            found = value if equals else (words[number + 1] if number + 1 < len(words) else "")
    use(found if found in LANGUAGES else "")


def use(language: str) -> None:
    """Speak this language from now on, in this thread or task; "" is that of the environment."""
    _spoken.set(language)
