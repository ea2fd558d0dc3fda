"""The two languages: every text a user can see is looked up here."""

import gettext
import locale
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

LANGUAGES = ("en", "zh")
CATALOGUES = Path(__file__).parent / "locale"
WIDE = "[\u3001-\u9fff\uff01-\uff5e]"  # Chinese characters and their punctuation

_language = ""
_is_asked_for = False
_catalogue = gettext.NullTranslations()


def set_language(language: str | None = None) -> str:
    """Choose the language of all texts from now on: "en", "zh", or None for the one of the locale.

    Returns the language chosen.
    """
    global _language, _catalogue
    _language = language if language in LANGUAGES else _language_of_locale()
    if _language == "en":
        _catalogue = gettext.NullTranslations()
    else:
        _catalogue = gettext.translation("torchwise", CATALOGUES, languages=[_language])
    return _language


def ask_for_language(language: str | None) -> None:
    """Choose the language as set_language does; one that is named is then the reader's own wish."""
    global _is_asked_for
    _is_asked_for = language is not None
    set_language(language)


def is_asked_for() -> bool:
    """Whether the language in use was named on the command line."""
    return _is_asked_for


def language() -> str:
    """The language in use, "en" or "zh"."""
    return _language or set_language()


def tr(message: str, /, **values: object) -> str:
    """`message` in the reader's language, its {named} values filled in."""
    language()
    return _filled(_catalogue.gettext(message), values)


def trn(one: str, many: str, count: int, /, **values: object) -> str:
    """`one` or `many` by `count` (also the value {count}), in the reader's language."""
    language()
    return _catalogue.ngettext(one, many, count).format(count=f"{count:,}", **values)


@dataclass(frozen=True)
class Text:
    """A text that is kept as data (in `run.json`, say) and rendered in the language of its reader."""

    message: str
    values: dict[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """The text in the language in use now."""
        return tr(self.message, **self.values)


def note(message: str, /, **values: object) -> Text:
    """A Text; its own name, so that the messages are found by the extraction of the catalogue."""
    return Text(message, values)


def both(values: Sequence[object]) -> str | Text:
    """The values with "and" between them: a and b and c."""
    if len(values) < 2:
        return str(values[0]) if values else ""
    return note("{one} and {other}", one=values[0], other=both(values[1:]))


def either(values: Sequence[object]) -> str | Text:
    """The values with "or" between them: a or b or c."""
    if len(values) < 2:
        return str(values[0]) if values else ""
    return note("{one} or {other}", one=values[0], other=either(values[1:]))


def _filled(message: str, values: dict[str, object]) -> str:
    """The message with its values; a Chinese one stands close to those of its texts that begin or end in Chinese."""
    for name, value in values.items():
        if isinstance(value, Text):
            text = values[name] = str(value)
            if re.match(WIDE, text):
                message = re.sub(f"(?<={WIDE}) (?={{{name}}})", "", message)
            if re.match(WIDE, text[-1:]):
                message = re.sub(f"(?<={{{name}}}) (?={WIDE})", "", message)
    return message.format(**values)


def _language_of_locale() -> str:
    """ "zh" where the environment asks for Chinese first, else "en"."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if wanted := os.environ.get(name):
            return "zh" if wanted.lower().startswith("zh") else "en"
    named = locale.getlocale()[0] or ""  # Windows has no LANG; its locale reads "Chinese (Simplified)_China"
    return "zh" if named.lower().startswith(("zh", "chinese")) else "en"
