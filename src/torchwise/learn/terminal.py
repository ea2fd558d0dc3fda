"""The course in a terminal: saves and keys come as events, one after another, and each draws the page again."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from queue import Empty, Queue

from rich.console import Console
from rich.text import Text
from watchfiles import watch
from watchfiles._rust_notify import WatchfilesRustInternalError
from watchfiles.main import FileChange

from torchwise.learn import keys
from torchwise.learn.course import chapter_of, exercises
from torchwise.learn.folder import BACKUPS
from torchwise.learn.markdown import rendered
from torchwise.learn.screen import listing, page, say, verdict_lines
from torchwise.learn.session import Session, found
from torchwise.texts import tr

SAVED, CLOSED = "saved", "closed"  # events beside keys, which are single characters or names of keys
DEBOUNCE_MS, STEP_MS, POLL_MS = 100, 30, 300
TURN_S = 0.5


class Terminal:
    """One session on a screen, until `q`."""

    def __init__(self, session: Session, console: Console, *, polls: bool) -> None:
        self.session, self.console, self.polls = session, console, polls
        self.events: Queue[str] = Queue()
        self._stopped = threading.Event()

    def run(self) -> None:
        """Watch, draw and obey, until `q` or the end of the keys. Ctrl-C raises KeyboardInterrupt; all is left in order."""
        with keys.single_keys():
            try:
                self.session.standby.warm_up()
                for target in (self._watch, self._listen):
                    threading.Thread(target=target, daemon=True).start()
                self._grade()
                # Pictures in the texts are drawn in this process: torch is loaded while she reads.
                threading.Thread(target=import_module, args=("torchwise.learn.pictures",), daemon=True).start()
                while self._obey(self._event()):
                    pass
            finally:
                self._stopped.set()
                self.session.standby.close()

    def _watch(self) -> None:
        """Put an event for each save of the file at hand, if none waits already."""
        for files in saves(self.session.folder, self._stopped, polls=self.polls):
            if self.session.exercise.file in files and SAVED not in self.events.queue:
                self.events.put(SAVED)

    def _listen(self) -> None:
        """Put an event for each key."""
        while key := keys.read_key():
            self.events.put(key)
        self.events.put(CLOSED)

    def _event(self) -> str:
        """The next event. It is waited for in short turns, for on Windows no Ctrl-C comes through a long one."""
        while True:
            with suppress(Empty):
                return self.events.get(timeout=TURN_S)

    def _obey(self, event: str) -> bool:
        """Do what an event asks for. Returns whether to go on."""
        session = self.session
        session.notice = "" if event != SAVED else session.notice
        if event in ("q", CLOSED):
            return False
        if event == SAVED or not session.is_current:  # one that was saved while a text was read
            self._grade()
        if event == "l":
            self._choose()
        elif event == "c":
            self._show(rendered(chapter_of(session.exercise).text().whole(), self.console.width))
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
        self.draw()
        self.session.grade()
        self.draw()
        self.session.standby.warm_up()  # the next one loads while this verdict is read

    def draw(self) -> None:
        """The page anew."""
        self._print(page(self.session, self.console.width))

    def _print(self, lines: Iterable[Text]) -> None:
        with self.console:  # all at once, so that it doesn't flicker
            self.console.clear()
            say(lines, self.console)

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
        """The next key; a file that was saved in the meantime is graded after it, for the verdict is not on it."""
        while (event := self._event()) == SAVED:
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
            self._print(listing(matches, self.session.progress, search, chosen, max(self.console.height - 6, 5)))
            key = self._key()
            if key == keys.ENTER and matches:
                self.session.go_to(matches[chosen])
                self._grade()
                return
            if key in (keys.ESCAPE, CLOSED):
                return
            chosen += {keys.UP: -1, keys.DOWN: 1}.get(key, 0)
            if key == keys.BACKSPACE:
                search = search[:-1]
            elif len(key) == 1 and key.isprintable():
                search, chosen = search + key, 0


def run_plainly(session: Session, console: Console, *, polls: bool) -> None:
    """Without a terminal: the page once, then a verdict for each exercise that is saved, as lines. Ctrl-C ends it."""
    try:
        session.grade()
        say(page(session, console.width, has_keys=False), console)
        for files in saves(session.folder, threading.Event(), polls=polls):
            for exercise in (exercise for exercise in exercises() if exercise.file in files):
                session.go_to(exercise)
                say(verdict_lines(session.grade(), exercise, console.width, has_keys=False), console)
                session.standby.warm_up()
    finally:
        session.standby.close()


def saves(folder: Path, stopped: threading.Event, *, polls: bool) -> Iterator[set[str]]:
    """The learner's files at each save, as "chapter/name.py"; one by renaming, as editors do, is one too, and so is deleting."""
    names = {exercise.file for exercise in exercises()}

    def file_of(path: str) -> str:
        return "/".join(Path(path).parts[-2:])

    def changes(force_polling: bool | None) -> Iterator[set[FileChange]]:
        return watch(
            folder, watch_filter=lambda _, path: file_of(path) in names and BACKUPS not in Path(path).parts, stop_event=stopped,
            debounce=DEBOUNCE_MS, step=STEP_MS, rust_timeout=500, force_polling=force_polling, poll_delay_ms=POLL_MS,
            raise_interrupt=threading.current_thread() is threading.main_thread(),
        )  # fmt: skip

    def saved(force_polling: bool | None) -> Iterator[set[str]]:
        return ({file_of(path) for _, path in change} for change in changes(force_polling))

    try:
        yield from saved(True if polls else None)
    except (OSError, WatchfilesRustInternalError):  # the system has no watch left for us: by the clock then
        yield from saved(True)
