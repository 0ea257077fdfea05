"""The live view as a program of Textual: it reads in a thread, and shows the newest reading."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer, Static

from tallystick.cli.frame.failing import reason_of
from tallystick.cli.frame.language import Words, language, use
from tallystick.cli.owing.reading import Reader, debts_of, runs_of
from tallystick.cli.owing.records import Debts, RepayRun
from tallystick.cli.watching.screen import shown
from tallystick.client.errors import ClientError

TITLE: Final = Words("Debts of {uid} at {now}", "{uid} 的负债，{now}")
READING: Final = Words("Reading ...", "读取中……")
END: Final = Words("End", "退出")


class Watch(App[None]):
    """Live view of one account's debts, read anew every so many seconds."""

    CSS = "#title { text-style: bold; } #found { padding: 1 0; }"
    BINDINGS: ClassVar[list[BindingType]] = []
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, client: Reader, every_s: int) -> None:
        super().__init__()
        self._client = client
        self._every_s = every_s
        self._last = ""
        self._language = language()

    def compose(self) -> ComposeResult:
        yield Static(str(READING), id="title", markup=False)
        with VerticalScroll():
            yield Static("", id="found", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._bindings.bind("q", "quit", str(END))
        self.read()
        self.set_interval(self._every_s, self.read)

    def read(self) -> None:
        """Read in a thread; a reading that is still under way is not begun twice."""
        if not any(worker.name == "read" and not worker.is_finished for worker in self.workers):
            self.run_worker(self._read, name="read", thread=True, exit_on_error=False)

    def _read(self) -> None:
        use(self._language)
        try:
            found = debts_of(self._client)
            runs = runs_of(self._client)
        except ClientError as error:
            self.call_from_thread(self._say, reason_of(error))
            return
        self.call_from_thread(self._show, found, runs[0] if runs else None)

    def _show(self, found: Debts, run: RepayRun | None) -> None:
        # What a thread calls has the thread's context, which knows no language.
        use(self._language)
        self._say(str(TITLE).format(uid=found.uid, now=found.now))
        self.query_one("#found", Static).update(shown(found, run, stands=found.now == self._last))
        self._last = found.now

    def _say(self, title: str) -> None:
        self.query_one("#title", Static).update(title)
