"""The course in a terminal: saves and keys come as events, one after another, and each draws the page again."""

import threading
from collections.abc import Iterable
from pathlib import Path
from queue import Queue

from rich.console import Console
from rich.text import Text
from watchfiles import watch

from torchwise.learn import keys
from torchwise.learn.course import chapter_of
from torchwise.learn.markdown import rendered
from torchwise.learn.screen import listing, page, verdict_lines
from torchwise.learn.session import Session, found
from torchwise.texts import tr

SAVED, CLOSED = "saved", "closed"  # events beside keys, which are single characters or names of keys
DEBOUNCE_MS, STEP_MS, POLL_MS = 100, 30, 300


class Terminal:
    """One session on a screen, until `q`."""

    def __init__(self, session: Session, console: Console, *, polls: bool) -> None:
        self.session, self.console, self.polls = session, console, polls
        self.events: Queue[str] = Queue()
        self._stopped = threading.Event()

    def run(self) -> None:
        """Watch, draw and obey, until `q` or the end of the keys. Ctrl-C raises KeyboardInterrupt; all is left in order."""
        for target in (self._watch, self._listen):
            threading.Thread(target=target, daemon=True).start()
        with keys.single_keys():
            try:
                self.session.standby.warm_up()
                self.draw()
                self._grade()
                while self._obey(self.events.get()):
                    pass
            finally:
                self._stopped.set()
                self.session.standby.close()

    def _watch(self) -> None:
        """Put an event for each save; a save by renaming, as editors do, is one too."""
        for _ in watch(
            self.session.folder, watch_filter=lambda _, path: path.endswith(".py"), stop_event=self._stopped, debounce=DEBOUNCE_MS,
            step=STEP_MS, rust_timeout=500, yield_on_timeout=False, force_polling=self.polls or None, poll_delay_ms=POLL_MS,
            raise_interrupt=False,
        ):  # fmt: skip
            self.events.put(SAVED)

    def _listen(self) -> None:
        """Put an event for each key."""
        while key := keys.read_key():
            self.events.put(key)
        self.events.put(CLOSED)

    def _obey(self, event: str) -> bool:
        """Do what an event asks for. Returns whether to go on."""
        session = self.session
        session.notice = "" if event != SAVED else session.notice
        if event in ("q", CLOSED):
            return False
        if event == SAVED:
            self._grade()
        elif event == "l":
            self._choose()
        elif event == "c":
            self._show(rendered(chapter_of(session.exercise).text().text, self.console.width))
        elif event == "e":
            self._explain()
        elif event in ("n", "h", "s", "r", "t"):
            self._change(event)
        self.draw()
        return True

    def _change(self, key: str) -> None:
        """The keys that change what is shown of the exercise."""
        session, before = self.session, self.session.exercise
        if key == "s":
            session.show_solution(self._agreed)
        else:
            {"n": session.go_on, "h": session.show_hint, "r": session.reset, "t": session.switch_language}[key]()
        if key in "rt" or session.exercise != before:
            self._grade()

    def _grade(self) -> None:
        """Grade the exercise at hand and show it."""
        self.session.verdict = None
        if self.session.file.exists():
            self.session.grade()
        else:
            self.session.notice = tr("{path} is not there; `r` gives the starter again", path=self.session.file)
        self.draw()

    def draw(self) -> None:
        """The page anew."""
        self._print(page(self.session, self.console.width))

    def _print(self, lines: Iterable[Text]) -> None:
        self.console.clear()
        for line in lines:
            self.console.print(line, soft_wrap=True, highlight=False)

    def _show(self, lines: Iterable[Text]) -> None:
        """A long text, screen by screen; any key goes on, Esc or `q` goes back."""
        waiting = list(lines)
        while waiting:
            height = max(self.console.height - 2, 5)
            shown, waiting = waiting[:height], waiting[height:]
            more = tr("any key: more, Esc: back") if waiting else tr("any key: back")
            self._print([*shown, Text(more, style="dim")])
            if self._key() in (keys.ESCAPE, "q", CLOSED):
                return

    def _key(self) -> str:
        """The next key; saves in the meantime wait for nothing, the page is graded anew when it is drawn."""
        while (event := self.events.get()) == SAVED:
            pass
        return event

    def _explain(self) -> None:
        """All that the doctor says of the last error."""
        verdict = self.session.verdict
        if verdict is None or not verdict.explained:
            self.session.notice = tr("there is no error to explain")
            return
        self._show(Text(line) for line in f"{verdict.error}\n\n{verdict.explained}".splitlines())

    def _agreed(self) -> bool:
        """Whether she says yes."""
        self.console.print(Text(tr("show the solution before yours works? y / n"), style="yellow"))
        return self._key() == "y"

    def _choose(self) -> None:
        """The list: type to search, arrows, Enter."""
        search, chosen = "", 0
        while True:
            matches = list(found(search))
            chosen = max(0, min(chosen, len(matches) - 1))
            self._print(listing(self.session.progress, search, chosen, max(self.console.height - 6, 5)))
            key = self._key()
            if key == keys.ENTER and matches:
                self.session.go_to(matches[chosen])
                self._grade()
                return
            if key in (keys.ESCAPE, CLOSED):
                return
            chosen += {keys.UP: -1, keys.DOWN: 1}.get(key, 0)
            search = (
                search[:-1]
                if key == keys.BACKSPACE
                else search + key
                if len(key) == 1 and key.isprintable()
                else search
            )


def run_plainly(session: Session, console: Console, *, polls: bool) -> None:
    """Without a terminal: the page once, then a verdict for each save, as lines. Ctrl-C ends it."""

    def say(lines: Iterable[Text]) -> None:
        for line in lines:
            console.print(line, soft_wrap=True, highlight=False)

    session.grade()
    say(page(session, console.width))
    try:
        for changes in watch(
            session.folder,
            watch_filter=lambda _, path: path.endswith(".py"),
            force_polling=polls or None,
            poll_delay_ms=POLL_MS,
        ):
            saved = {Path(path).name for _, path in changes}
            if f"{session.exercise.name}.py" in saved:
                say(verdict_lines(session.grade(), session.exercise, console.width))
    finally:
        session.standby.close()
