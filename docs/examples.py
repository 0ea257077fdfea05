"""Runs a page of the guide and gives it back as it should read.

    ```pycon      statements after >>>, carried out in one session per page; what they give is printed below them
    ```console    commands after $: `tally`, `pytest` (without its seconds)
    ```toml NAME  is written to the file NAME before the commands that follow; so are ```python and ```json NAME
    <!-- made: NAME --> ... <!-- end -->    is replaced by what `docs.made` makes under that name

Every page has a venue of its own and begins with the statements of the index, which connect to it.

A page in Chinese (`NAME.zh-CN.md`) has its own sentences and, in the same order, the blocks of the English one; what
`docs.made` makes is in Chinese.
"""

from __future__ import annotations

import codeop
import contextlib
import io
import os
import pprint
import re
import shlex
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from okx.okxclient import OkxClient

from docs import made
from docs.served import venue
from tallystick import Client
from tallystick.client.levers import Levers

GUIDE = Path(__file__).resolve().parent / "guide"
INDEX = GUIDE / "README.md"
WIDTH = 100
FENCE = re.compile(r"^```(pycon|console|toml|python|json) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MADE = re.compile(r"(<!-- made: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


CHINESE = ".zh-CN.md"
BLOCK = re.compile(r"<!-- made: \S+ -->.*?<!-- end -->|^```.*?^```$", re.MULTILINE | re.DOTALL)
"""Parts that a page in Chinese takes over: examples as they stand, made blocks in Chinese."""


def pages() -> list[Path]:
    """Every page, the English ones first, because the others copy from them."""
    return sorted(GUIDE.glob("*.md"), key=lambda page: (page.name.endswith(CHINESE), page.name))


def english(page: Path) -> Path:
    """The page a Chinese one goes with."""
    return page.with_name(page.name.removesuffix(CHINESE) + ".md")


def translated(page: Path) -> str:
    """A Chinese page with the blocks of its English one. Raises ValueError: it has another number of them."""
    text = page.read_text(encoding="utf-8")
    blocks = [found[0] for found in BLOCK.finditer(english(page).read_text(encoding="utf-8"))]
    if len(BLOCK.findall(text)) != len(blocks):
        raise ValueError(f"{page.name} has {len(BLOCK.findall(text))} blocks, {english(page).name} {len(blocks)}")
    left = iter(blocks)
    return MADE.sub(in_chinese, BLOCK.sub(lambda _: next(left), text))


def in_chinese(found: re.Match[str]) -> str:
    """A made block in Chinese."""
    return found[1] + made.block(found[2], chinese=True) + found[3]


def fresh(page: Path) -> str:
    """The text of the page with every answer, table and diagram as of now."""
    if page.name.endswith(CHINESE):
        return translated(page)
    text = MADE.sub(lambda found: found[1] + made.block(found[2]) + found[3], page.read_text(encoding="utf-8"))
    if not FENCE.search(text):
        return text
    with contextlib.ExitStack() as inside:
        folder = inside.enter_context(tempfile.TemporaryDirectory())
        inside.enter_context(venue(Path(folder)))
        inside.enter_context(contextlib.chdir(folder))
        inside.enter_context(_own_files(Path(folder)))
        inside.enter_context(warnings.catch_warnings())
        # python-okx sends bodies in a way that httpx calls old.
        warnings.filterwarnings("ignore", "Use 'content=", DeprecationWarning)
        session = inside.enter_context(contextlib.closing(Session()))
        if page != INDEX and ">>> " in text:
            for found in FENCE.finditer(INDEX.read_text(encoding="utf-8")):
                session.pycon(found[3])
        return FENCE.sub(lambda found: session.block(found[0], found[1], found[2], found[3]), text)


@contextlib.contextmanager
def _own_files(folder: Path) -> Iterator[None]:
    """Have the client keep its intents and turns in the folder of the page."""
    names = {
        "TALLY_STATE": folder / "state",
        "TALLY_PROFILES": folder / "profiles.toml",
        "XDG_RUNTIME_DIR": folder,
        "LC_ALL": Path("C.UTF-8"),
    }
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: str(place) for name, place in names.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


class Session:
    """One reader at one page."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__guide__"}

    def close(self) -> None:
        """Let go of the clients' connections."""
        for value in self.names.values():
            if isinstance(value, OkxClient | Client | Levers):
                value.close()

    def block(self, whole: str, language: str, name: str, body: str) -> str:
        if language in ("toml", "python", "json"):
            if name:
                Path(name).write_text(body, encoding="utf-8")
            return whole
        answered = self.pycon(body) if language == "pycon" else self.console(body)
        return f"```{language}\n{answered}```"

    def pycon(self, body: str) -> str:
        """The statements of a block with what they print now."""
        lines = []
        for statement in _statements(body, ">>> ", "... "):
            lines += statement
            source = "\n".join(line[4:] for line in statement)
            lines += self._run(source).splitlines()
        return "".join(f"{line}\n".replace(" \n", "\n") for line in lines)

    def _run(self, source: str) -> str:
        printed = io.StringIO()
        code = codeop.compile_command(source + "\n", "<guide>", "single")
        if code is None:
            raise SyntaxError(f"not a whole statement: {source!r}")
        before = sys.displayhook
        with contextlib.redirect_stdout(printed):
            sys.displayhook = _show
            try:
                exec(code, self.names)
            finally:
                sys.displayhook = before
        return printed.getvalue()

    def console(self, body: str) -> str:
        lines = []
        for command in _statements(body, "$ ", "> "):
            lines += command
            words = shlex.split("\n".join(line.split(" ", 1)[1] for line in command).replace("\\\n", " "))
            lines += _command(words)
        return "".join(f"{line}\n" for line in lines)


def _statements(body: str, first: str, more: str) -> Iterator[list[str]]:
    """The lines of each statement; what is not one is an old answer."""
    statement: list[str] = []
    for line in body.splitlines():
        if line.startswith(first):
            if statement:
                yield statement
            statement = [line]
        elif statement and (line.startswith(more) or line == more.strip()) and statement[-1]:
            statement.append(line)
        elif statement:
            yield statement
            statement = []
    if statement:
        yield statement


def _show(value: object) -> None:
    if value is not None:
        print(pprint.pformat(value, width=WIDTH, sort_dicts=False))


def _command(words: list[str]) -> list[str]:
    """The lines a command prints; `| grep [-v] WORD` picks some. Raises CalledProcessError when it fails.

    One that may fail has `; echo $?` behind it: then errors are shown too, and the exit code.
    """
    if words[-2:] == ["echo", "$?"]:
        return _ended([word.removesuffix(";") for word in words[:-2]])
    words, pipe = (words[: words.index("|")], words[words.index("|") + 1 :]) if "|" in words else (words, [])
    if words[0] == "tally":
        call = [sys.executable, "-m", "tallystick", *words[1:]]
        env = {**os.environ, "PYTHONPATH": _path()}
        lines = subprocess.run(call, stdout=subprocess.PIPE, text=True, env=env, check=True).stdout.splitlines()
    elif words[0] == "pytest":
        lines = _pytest(words[1:]).splitlines()
    else:
        raise ValueError(f"the guide has no {words[0]}")
    return [line for line in lines if (pipe[-1] in line) != ("-v" in pipe)] if pipe else lines


def _ended(words: list[str]) -> list[str]:
    """Lines that a command of tally prints to both outputs, and its exit code."""
    env = {**os.environ, "PYTHONPATH": _path()}
    call = [sys.executable, "-m", "tallystick", *words[1:]]
    done = subprocess.run(call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, check=False)
    return [*done.stdout.splitlines(), str(done.returncode)]


SECONDS = re.compile(r"(?<= in )[\d.]+ ?s\b")


def _pytest(words: list[str]) -> str:
    """Output of pytest, as a project prints it that has python-okx and ccxt alone."""
    without = [f"-pno:{name}" for name in ("cacheprovider", "schemathesis", "hypothesispytest", "xdist", "asyncio")]
    # Under CI pytest cuts nothing short.
    machine = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    env = {**machine, "PYTHONPATH": _path(), "COLUMNS": str(WIDTH), "PYTEST_ADDOPTS": ""}
    call = [sys.executable, "-m", "pytest", *without, *words]
    printed = subprocess.run(call, stdout=subprocess.PIPE, text=True, env=env, check=False).stdout
    return SECONDS.sub("... s", printed.replace(f"{Path.cwd()}/", ""))


def _path() -> str:
    return os.pathsep.join(place for place in sys.path if place)


def main() -> None:
    for page in pages():
        text = fresh(page)
        if text != page.read_text(encoding="utf-8"):
            page.write_text(text, encoding="utf-8")
            print(f"rewrote {page.name}")


if __name__ == "__main__":
    main()
