"""Switch between mutants: the code of one is put into the function that everybody calls.

mutmut wraps each function and looks up the mutant at each call, which takes longer than most functions of the engine.
The copy has this module's decorator instead: it leaves the function as it is, and keeps its mutants.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeAlias, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
MutantDict: TypeAlias = dict[str, Callable[..., Any]]
MUTMUT = "from mutmut.mutation.trampoline import wrap_in_trampoline as _mutmut_mutated, MutantDict"
OURS = "from tests.mutants.switch import switched as _mutmut_mutated, MutantDict"
PLAIN = "_mutmut_orig"
"""Name of the code as it is among the mutants of a function."""
functions: list[tuple[FunctionType, MutantDict]] = []
"""Every function that has mutants, with these."""


def switched(mutants: MutantDict) -> Callable[[F], F]:
    """Keep the function that is decorated, to be switched to one of its mutants."""

    def keep(function: F) -> F:
        functions.append((_plain(function), mutants))
        return function

    return keep


def all_off() -> None:
    """Give every function the copy of its code on whose lines the mutants are named."""
    for function, mutants in functions:
        _give(function, mutants[PLAIN])


def on(mutant: str) -> None:
    """Give one function the code of a mutant, by its whole name. Raises LookupError."""
    module, _, name = mutant.rpartition(".")
    for function, mutants in functions:
        if name in mutants and function.__module__ == module:
            return _give(function, mutants[name])
    raise LookupError(mutant)


def _give(function: FunctionType, other: Callable[..., Any]) -> None:
    code = _plain(other)
    function.__code__ = code.__code__
    function.__defaults__, function.__kwdefaults__ = code.__defaults__, code.__kwdefaults__


def _plain(function: Callable[..., Any]) -> FunctionType:
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r} is no plain function")
    return function
