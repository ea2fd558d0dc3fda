"""Lines that were not reached."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Lines of a file that were not reached; the name of the function where they are one."""

    file: str
    first: int
    last: int
    name: str = ""
