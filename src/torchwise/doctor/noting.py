"""The findings of an error as a note on it, which every printer of tracebacks shows."""


def attach(error: BaseException) -> None:
    """Add the findings to an error, as a note. Once; and never at the cost of the error itself."""
    from torchwise.doctor.diagnose import diagnose
    from torchwise.doctor.render import render
    from torchwise.finding import KEPT

    try:
        noted = "_torchwise_noted"
        if getattr(error, noted, False):
            return
        findings = diagnose(error)
        setattr(error, KEPT, findings)
        setattr(error, noted, True)
        if text := render(findings):
            error.add_note("\n" + text)
    except Exception:  # the doctor's own fault must not hide the user's error
        return
