"""A script after its rehearsal: what was seen while it ran, its sources, and the variables it left."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from torchwise.doctor.source import Source, is_user_file, read_source
from torchwise.finding import Finding, Mend, Place, Seen, Words
from torchwise.rehearsal.watch import Record
from torchwise.rehearsal.watch.sites import Site


@dataclass(eq=False, kw_only=True)
class Rehearsed:
    """What the rules look at. script: its file, "" where a setup was rehearsed. globals: as they were at the end."""

    record: Record
    script: str = ""
    globals: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The user's files that ran, the script first."""
        files = [
            self.script,
            *(event.site.file for event in self.record.events),
            *(o.site.file for o in self.record.ops),
        ]
        own = [file for file in dict.fromkeys(files) if file and is_user_file(file)]
        return tuple(source for file in own if (source := read_source(file)) is not None)

    def finding(
        self, code: str, site: Site | Place, what: Words, *, why: Words = "", fix: Words = "",
        mend: Mend | Site | None = None, sure: bool = True, seen: tuple[Seen, ...] = (), module: str = "",
    ) -> Finding:  # fmt: skip
        """A finding about a line; `mend` is the line to change where it is another one."""
        if isinstance(mend, Site):
            mend = Mend(file=mend.file, line=mend.line)
        where = site.place(module) if isinstance(site, Site) else site
        return Finding(code=code, what=what, why=why, fix=fix, where=where, mend=mend, seen=seen, sure=sure)
