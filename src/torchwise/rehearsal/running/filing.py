"""Python's functions for files, led to the throw-away folder: open, those of os, torch.save and its like."""

import builtins
import importlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torchwise.rehearsal.running.kept import Notebook
from torchwise.rehearsal.running.overlay import Overlay
from torchwise.rehearsal.running.replacing import Replacements

READ = ("stat", "lstat", "access", "readlink", "chdir")
CHANGED = ("chmod", "utime", "truncate")
# Functions that open files in C, by a path that is this argument.
IN_C = (
    ("torch", "save", 1, True),
    ("torch", "load", 0, False),
    ("torch.jit", "save", 1, True),
    ("torch.jit", "load", 0, False),
    ("safetensors.torch", "save_file", 1, True),
    ("safetensors.torch", "load_file", 0, False),
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Files:
    """The functions that stand in for Python's own."""

    def __init__(self, overlay: Overlay, notebook: Notebook) -> None:
        self.overlay, self.notebook = overlay, notebook

    def install(self, replacements: Replacements) -> None:
        """Put all of them in place."""
        opened, unlink = self._opening(io.open), os.unlink
        for owner in (builtins, io):
            replacements.put(owner, "open", opened)
        replacements.put(os, "open", self._low_opening(os.open))
        for name in READ:
            replacements.put(os, name, self._on_path(getattr(os, name), writes=False))
        for name in CHANGED:
            replacements.put(os, name, self._on_path(getattr(os, name), writes=True))
        for name in ("remove", "unlink", "rmdir"):
            replacements.put(os, name, self._removing(getattr(os, name)))
        for name in ("rename", "replace"):
            replacements.put(os, name, self._renaming(getattr(os, name)))
        for name in ("link", "symlink"):
            replacements.put(os, name, self._linking(getattr(os, name)))
        replacements.put(os, "mkdir", self._making(os.mkdir))
        replacements.put(os, "listdir", self._listing(os.listdir))
        replacements.put(os, "scandir", self._scanning(os.scandir))
        replacements.put(os, "getcwd", self._current(os.getcwd))
        replacements.put(shutil, "_use_fd_functions", False)  # rmtree by paths, not by descriptors of folders
        closing = tempfile._TemporaryFileCloser.close  # type: ignore[attr-defined]
        defaults = tuple(os.unlink if item is unlink else item for item in closing.__defaults__ or ())
        replacements.put(closing, "__defaults__", defaults)
        for module, name, position, writes in IN_C:
            owner = importlib.import_module(module)
            replacements.put(owner, name, self._in_c(getattr(owner, name), position, writes=writes))

    def _write(self, path: str, *, keeps: bool) -> str:
        """Where to write instead, noted."""
        mapped = self.overlay.writing(path, keeps=keeps)
        self.notebook.add("write", path)
        return mapped

    @contextmanager
    def _said_plainly(self) -> Iterator[None]:
        """Errors name the path that the script gave."""
        try:
            yield
        except OSError as error:
            if isinstance(error.filename, str):
                error.filename = self.overlay.original(error.filename)
            raise

    def _opening(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def open(file: Any, mode: str = "r", *args: Any, **named: Any) -> Any:
            path = self.overlay.path_of(file)
            if path is None or not isinstance(mode, str) or named.get("opener") is not None:
                return original(file, mode, *args, **named)
            with self._said_plainly():
                if not set("wax+") & set(mode):
                    mapped = self.overlay.reading(path)
                    return original(file if mapped == path else mapped, mode, *args, **named)
                if ("x" in mode and self.overlay.exists(path)) or ("r" in mode and not self.overlay.exists(path)):
                    return original(self.overlay.reading(path), mode, *args, **named)  # which raises as it should
                return original(self._write(path, keeps="w" not in mode), mode, *args, **named)

        return open

    def _low_opening(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def open(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            there = self.overlay.path_of(path) if dir_fd is None else None
            if there is None:
                return int(original(path, flags, mode, dir_fd=dir_fd))
            with self._said_plainly():
                exists = self.overlay.exists(there)
                if not flags & WRITING or (not exists and not flags & os.O_CREAT) or (exists and flags & os.O_EXCL):
                    return int(original(self.overlay.reading(there), flags, mode))
                return int(original(self._write(there, keeps=not flags & os.O_TRUNC), flags, mode))

        return open

    def _on_path(self, original: Callable[..., Any], *, writes: bool) -> Callable[..., Any]:
        def on_path(path: Any, *args: Any, **named: Any) -> Any:
            there = self.overlay.path_of(path) if named.get("dir_fd") is None else None
            if there is None:
                return original(path, *args, **named)
            with self._said_plainly():
                if writes and self.overlay.exists(there):
                    if self.overlay.is_folder(there):
                        return None  # the mode and the times of a folder matter to nobody here
                    return original(self._write(there, keeps=True), *args, **named)
                mapped = self.overlay.reading(there)
                return original(path if mapped == there else mapped, *args, **named)

        return on_path

    def _removing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def remove(path: Any, *, dir_fd: int | None = None) -> None:
            there = self.overlay.path_of(path) if dir_fd is None else None
            is_folder = there is not None and self.overlay.is_folder(there)
            fits = is_folder == (original.__name__ == "rmdir")
            if there is None or not fits or (is_folder and self.overlay.names(there)):
                with self._said_plainly():
                    original(path if there is None else self.overlay.reading(there), dir_fd=dir_fd)
                return
            was_there = not self.overlay.is_gone(there) and self.overlay.reading(there) == there
            self.overlay.remove(there)
            if was_there:
                self.notebook.add("delete", there)

        return remove

    def _renaming(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def rename(src: Any, dst: Any, **named: Any) -> None:
            source, target = self.overlay.path_of(src), self.overlay.path_of(dst)
            if source is not None and target is not None:
                self.overlay.rename(source, target)
                self.notebook.add("write", target)
            elif target is not None:  # out of the folder for temporary files
                shutil.move(os.fsdecode(src), self._write(target, keeps=False))
            else:
                original(src if source is None else self.overlay.reading(source), dst, **named)

        return rename

    def _linking(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def link(src: Any, dst: Any, *args: Any, **named: Any) -> None:
            target = self.overlay.path_of(dst)
            with self._said_plainly():
                if target is not None and self.overlay.exists(target):
                    raise FileExistsError(17, os.strerror(17), src, None, dst)
                original(src, dst if target is None else self._write(target, keeps=False), *args, **named)

        return link

    def _making(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def mkdir(path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
            there = self.overlay.path_of(path) if dir_fd is None else None
            if there is None:
                original(path, mode, dir_fd=dir_fd)
            else:
                self.overlay.make_folder(there, mode)
                self.notebook.add("write", there + os.sep)

        return mkdir

    def _listing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def listdir(path: Any = ".") -> Any:
            there = self.overlay.path_of(path)
            if there is None or isinstance(path, bytes) or not self.overlay.is_touched(there):
                return original(path)
            with self._said_plainly():
                return self.overlay.names(there)

        return listdir

    def _scanning(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def scandir(path: Any = ".") -> Any:
            there = self.overlay.path_of(path)
            if there is None or isinstance(path, bytes) or not self.overlay.is_touched(there):
                return original(path)
            with self._said_plainly():
                return Scan(Entry(os.fspath(path), name) for name in self.overlay.names(there))

        return scandir

    def _current(self, original: Callable[[], str]) -> Callable[[], str]:
        return lambda: self.overlay.original(original())

    def _in_c(self, original: Callable[..., Any], position: int, *, writes: bool) -> Callable[..., Any]:
        name = "f" if original.__module__.startswith("torch.") else "filename"

        def in_c(*args: Any, **named: Any) -> Any:
            given = args[position] if len(args) > position else named.get(name)
            path = self.overlay.path_of(given) if isinstance(given, str | os.PathLike) else None
            if path is None:
                return original(*args, **named)
            with self._said_plainly():
                mapped = self._write(path, keeps=False) if writes else self.overlay.reading(path)
                if mapped == path:
                    return original(*args, **named)
                if len(args) > position:
                    return original(*args[:position], mapped, *args[position + 1 :], **named)
                return original(*args, **{**named, name: mapped})

        in_c.__name__, in_c.__module__, in_c.__doc__ = original.__name__, original.__module__, original.__doc__
        return in_c


class Entry:
    """As os.DirEntry, of the script's view."""

    def __init__(self, folder: str, name: str) -> None:
        self.name, self.path = name, os.path.join(folder, name)

    def __fspath__(self) -> str:
        return self.path

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a folder."""
        return os.path.isdir(self.path) and (follow_symlinks or not self.is_symlink())

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a file."""
        return os.path.isfile(self.path) and (follow_symlinks or not self.is_symlink())

    def is_symlink(self) -> bool:
        """Whether it is a link."""
        return os.path.islink(self.path)

    def is_junction(self) -> bool:
        """Whether it is one of Windows' own links."""
        return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """What the system knows of it."""
        return os.stat(self.path, follow_symlinks=follow_symlinks)

    def inode(self) -> int:
        """Its number."""
        return self.stat(follow_symlinks=False).st_ino


class Scan:
    """As what os.scandir gives."""

    def __init__(self, entries: Iterator[Entry]) -> None:
        self._entries = entries

    def __iter__(self) -> Iterator[Entry]:
        return self._entries

    def __next__(self) -> Entry:
        return next(self._entries)

    def __enter__(self) -> "Scan":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is held open."""
