"""The bytes of a file that the user names, and a Problem for what can be no table."""

import difflib
from pathlib import Path

from torchwise.data.names import listed
from torchwise.errors import Problem
from torchwise.texts import tr

ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".parquet", ".pq", ".csv.gz", ".tsv.gz", ".txt.gz")


def bytes_of(source: str) -> bytes:
    """The whole file.

    Raises Problem for a file that is missing, empty, a folder, or of a kind that is no table.
    """
    path = Path(source).expanduser()
    source = source.replace("\0", "\\0")
    try:
        if path.is_dir():
            raise _folder(source, path)
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _missing(source, path) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Problem(
            tr("{source} cannot be read", source=source),
            why=reason,
            fix=tr("check the path, and that you may read the file"),
        ) from error
    if not raw.strip():
        raise Problem(
            tr("{source} is empty", source=source),
            why=tr("it holds {count} bytes", count=len(raw)),
            fix=tr("check that the file was written or downloaded to its end"),
        )
    _check_kind(raw, source)
    return raw


def tables_in(folder: Path) -> list[str]:
    """The names of the table files in a folder."""
    try:
        return sorted(entry.name for entry in folder.iterdir() if entry.name.lower().endswith(ENDINGS))
    except OSError:
        return []


def check_is_table_text(text: str, source: str) -> None:
    """A Problem for text that is blank, a web page, or JSON."""
    start = text[:1000].lstrip().lower()
    if not text.strip():
        raise Problem(
            tr("{source} is empty", source=source),
            why=tr("it holds blank lines only"),
            fix=tr("check that the file was written or downloaded to its end"),
        )
    if start.startswith(("<!doctype", "<html", "<?xml")):
        raise Problem(
            tr("{source} is a web page or XML, not a table", source=source),
            why=tr("its first characters are {start}", start=start[:30].splitlines()[0]),
            fix=tr("download the file itself (on GitHub: the button 'Raw'), not the page that shows it"),
        )
    if start.startswith(("{", '[{"', "[[")):
        raise Problem(
            tr("{source} is JSON, not a table", source=source),
            why=tr("its first characters are {start}", start=start[:30].splitlines()[0]),
            fix=tr("write it as CSV first; with pandas: pd.read_json(...).to_csv(...)"),
        )


def _folder(source: str, path: Path) -> Problem:
    """The Problem for a folder."""
    found = tables_in(path)
    return Problem(
        tr("{source} is a folder, not a table", source=source),
        why=tr("it holds {names}", names=listed(found, 6)) if found else tr("it holds no table file either"),
        fix=tr("name the file: {path}", path=str(Path(source) / found[0])) if found else tr("name a .csv file"),
    )


def _missing(source: str, path: Path) -> Problem:
    """The Problem for a file that is not there, with those that may be meant."""
    folder = path.parent
    if not folder.is_dir():
        return Problem(
            tr("there is no file {source}", source=source),
            why=tr("there is no folder {folder} either", folder=str(folder)),
            fix=tr("check the path; you are in {here}", here=str(Path.cwd())),
        )
    found = tables_in(folder)
    close = difflib.get_close_matches(path.name, found, n=1, cutoff=0.5)
    close = close or [name for name in found if Path(name).stem.lower() == path.stem.lower()]
    if close:
        fix = tr("did you mean {path}?", path=str(Path(source).parent / close[0]))
    elif found:
        fix = tr("name one of these")
    else:
        fix = tr("check the path; you are in {here}", here=str(Path.cwd()))
    return Problem(
        tr("there is no file {source}", source=source),
        why=tr("the tables in {folder} are {names}", folder=str(folder), names=listed(found, 6))
        if found
        else tr("there is no table file in {folder}", folder=str(folder)),
        fix=fix,
    )


def _check_kind(raw: bytes, source: str) -> None:
    """A Problem for a file that begins as files of another kind do."""
    for start, kind in _kinds().items():
        if raw.startswith(start):
            raise Problem(
                tr("{source} is {kind}, not a table file", source=source, kind=kind),
                why=tr("a .csv, .tsv, .txt or .parquet file is read, whatever its name ends with"),
                fix=tr("open it where it was made and save or export it as CSV (in Excel: 'CSV UTF-8')"),
            )


def _kinds() -> dict[bytes, str]:
    """What files are that begin so."""
    return {
        b"PK\x03\x04": tr("an Excel workbook or another zip file"),
        b"\xd0\xcf\x11\xe0": tr("an old Excel workbook"),
        b"%PDF": tr("a PDF file"),
        b"\x89PNG": tr("an image"),
        b"\xff\xd8\xff": tr("an image"),
        b"SQLite format 3\0": tr("a SQLite database"),
        b"ARROW1": tr("an Arrow file"),
        b"\x89HDF": tr("an HDF5 file"),
        b"\x93NUMPY": tr("a NumPy array"),
    }
