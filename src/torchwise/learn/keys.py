"""Single keys from the terminal, without Enter, on POSIX systems and Windows."""

import codecs
import contextlib
import os
import sys
from collections.abc import Iterator

ESCAPE, ENTER, BACKSPACE, UP, DOWN, OTHER = "escape", "enter", "backspace", "up", "down", "other"
CTRL_D = "\x04"  # the end of the keys, as elsewhere
NAMES = {CTRL_D: "", "\r": ENTER, "\n": ENTER, "\x7f": BACKSPACE, "\x08": BACKSPACE, "\x1b": ESCAPE}
ARROWS = {"A": UP, "B": DOWN}


if sys.platform == "win32":
    import msvcrt

    @contextlib.contextmanager
    def single_keys() -> Iterator[None]:
        """Keys come at once, which they do there anyway."""
        yield

    def read_key() -> str:
        """The next key: a character, or one of the names; "" if there are no more."""
        key = msvcrt.getwch()
        if key in "\x00\xe0":
            return {"H": UP, "P": DOWN}.get(msvcrt.getwch(), OTHER)
        if key == "\x03":
            raise KeyboardInterrupt
        return NAMES.get(key, key)

else:
    import select
    import signal
    import termios
    import tty

    @contextlib.contextmanager
    def single_keys() -> Iterator[None]:
        """Keys come at once and are not shown; afterwards the terminal is as it was."""
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        handlers = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGHUP)}
        try:
            tty.setcbreak(descriptor)
            yield
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _sequence(descriptor: int) -> str:
        """A key that comes as several bytes after Escape, up to the letter or ~ that ends it; what follows is the next key."""
        byte = os.read(descriptor, 1)
        if byte in b"[O":
            byte = os.read(descriptor, 1)
            while byte and not byte.isalpha() and byte != b"~":
                byte = os.read(descriptor, 1)
            return ARROWS.get(byte.decode("ascii", "replace"), OTHER)
        return OTHER

    def _end(number: int, _: object) -> None:
        """Told to end: by way of what puts the terminal back."""
        raise SystemExit(128 + number)

    def read_key() -> str:
        """The next key: a character, or one of the names; "" if there are no more."""
        descriptor = sys.stdin.fileno()
        first = os.read(descriptor, 1)
        if first == b"\x1b" and select.select([descriptor], [], [], 0.05)[0]:
            return _sequence(descriptor)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(first, final=not first)
        while first and not text:
            text = decoder.decode(os.read(descriptor, 1))
        return NAMES.get(text, text)
