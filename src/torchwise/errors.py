"""The one error that users meet: a fault they can mend."""

from torchwise.texts import tr


class Problem(Exception):
    """A fault that the user can mend: what happened (with the values), why, and how to mend it.

    Only `what` is needed to build one, so a Problem survives the pickling out of a worker process.
    """

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.fix = what, why, fix

    def __str__(self) -> str:
        """The three lines, those that are empty left out."""
        lines = [self.what]
        if self.why:
            lines.append(tr("why: {text}", text=self.why))
        if self.fix:
            lines.append(tr("fix: {text}", text=self.fix))
        return "\n".join(lines)
