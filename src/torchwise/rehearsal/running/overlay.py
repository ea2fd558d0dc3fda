"""A throw-away folder that lies over the file system: what is written goes into it, and reading sees what was written.

All of its state is in the folder itself, so that worker processes share it.
"""

import errno
import io
import os
import shutil
from typing import Any

MARK = ".gone"
# As they are before anybody replaces them.
_open, _lstat, _listdir, _mkdir, _access, _remove = io.open, os.lstat, os.listdir, os.mkdir, os.access, os.remove


class Overlay:
    """files/ holds what was written, by its absolute path; gone/ marks what was deleted, with all below it."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self.files, self.gone = os.path.join(self.root, "files"), os.path.join(self.root, "gone")

    def path_of(self, file: Any) -> str | None:
        """The absolute path of what is to be opened; None if it needs no care: a descriptor, a device, our own."""
        if isinstance(file, int):
            return None
        try:
            path = os.path.abspath(os.fsdecode(file))
        except (TypeError, ValueError):  # for Python itself to complain about
            return None
        return None if path.startswith(("/dev/", "/proc/")) or self.is_inside(path) else path

    def is_inside(self, path: str) -> bool:
        """Whether a path is in the throw-away folder."""
        return path == self.root or path.startswith(self.root + os.sep)

    def shadow(self, path: str) -> str:
        """Where the written version of a path is kept."""
        return os.path.join(self.files, os.path.splitdrive(path)[1].lstrip("/\\"))

    def original(self, path: str) -> str:
        """The path that a shadow stands for."""
        return os.sep + path[len(self.files) :].lstrip(os.sep) if path.startswith(self.files) else path

    def exists(self, path: str) -> bool:
        """Whether the script finds something at a path."""
        return _there(self.shadow(path)) or (_there(path) and not self.is_gone(path))

    def is_gone(self, path: str) -> bool:
        """Whether a path, or a folder it lies in, was deleted."""
        if not _there(self.gone):
            return False
        here = self.gone + path
        while len(here) > len(self.gone):
            if _there(os.path.join(here, MARK)):
                return True
            here = os.path.dirname(here)
        return False

    def reading(self, path: str) -> str:
        """The path to read instead of `path`."""
        if _there(self.shadow(path)) or self.is_gone(path):
            return self.shadow(path)
        return path

    def writing(self, path: str, *, keeps: bool) -> str:
        """The path to write instead of `path`, its folder made; keeps: with what the file holds so far.

        Raises OSError as writing there would have.
        """
        folder = os.path.dirname(path)
        if not self.exists(folder):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        if self.is_folder(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        shadow = self.shadow(path)
        if not _there(shadow):
            self._check_allowed(path, folder)
            _make_folders(os.path.dirname(shadow))
            if keeps and os.path.isfile(path) and not self.is_gone(path):
                _copy(path, shadow)
        return shadow

    def _check_allowed(self, path: str, folder: str) -> None:
        """Raise PermissionError where the real file or folder would have refused."""
        real = path if _there(path) else folder
        if _there(real) and not _access(real, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    def make_folder(self, path: str, *mode: int) -> None:
        """As os.mkdir."""
        if self.exists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        _mkdir(self.writing(path, keeps=False), *mode)

    def remove(self, path: str) -> None:
        """As os.remove or os.rmdir: what was written is deleted, what was there before is only marked."""
        if not self.exists(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        shadow = self.shadow(path)
        if os.path.isdir(shadow) and not os.path.islink(shadow):
            shutil.rmtree(shadow)
        elif _there(shadow):
            _remove(shadow)
        if _there(path) and not self.is_gone(path):
            _make_folders(self.gone + path)
            _open(os.path.join(self.gone + path, MARK), "w").close()

    def rename(self, source: str, target: str) -> None:
        """As os.replace."""
        if not self.exists(source):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), source, None, target)
        shadow = self.writing(target, keeps=False)
        if self.is_folder(source):
            self._copy_folder(source, target)
        else:
            _copy(self.reading(source), shadow)
        self.remove(source)

    def _copy_folder(self, source: str, target: str) -> None:
        """A folder with all that the script sees in it."""
        _make_folders(self.shadow(target))
        for name in self.names(source):
            inside, outside = os.path.join(source, name), os.path.join(target, name)
            if self.is_folder(inside):
                self._copy_folder(inside, outside)
            else:
                _copy(self.reading(inside), self.shadow(outside))

    def is_folder(self, path: str) -> bool:
        """Whether the script finds a folder at a path."""
        return self.exists(path) and os.path.isdir(self.reading(path))

    def names(self, folder: str) -> list[str]:
        """What the script finds in a folder. Raises OSError as os.listdir."""
        shadow = self.shadow(folder)
        written = _listdir(shadow) if os.path.isdir(shadow) else []
        if self.is_gone(folder) or not _there(folder):
            return written if os.path.isdir(shadow) else _listdir(shadow)  # which raises as it should
        before = [name for name in _listdir(folder) if not self.is_gone(os.path.join(folder, name))]
        return list(dict.fromkeys([*before, *written]))

    def is_touched(self, folder: str) -> bool:
        """Whether anything in a folder was written or deleted."""
        return _there(self.shadow(folder)) or _there(self.gone)


def _there(path: str) -> bool:
    """Whether anything is at a path, a broken link too."""
    try:
        _lstat(path)
    except (OSError, ValueError):
        return False
    return True


def _make_folders(path: str) -> None:
    """As os.makedirs, by the functions of before."""
    if not _there(path):
        _make_folders(os.path.dirname(path))
        try:
            _mkdir(path)
        except FileExistsError:  # another process was faster
            return


def _copy(source: str, target: str) -> None:
    """The bytes of one file into another."""
    with _open(source, "rb") as before, _open(target, "wb") as after:
        shutil.copyfileobj(before, after)
