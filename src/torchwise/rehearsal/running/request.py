"""What the process that rehearses is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Request:
    """A script and how to rehearse it. folder: the throw-away folder.

    whole: the kinds of loops that are not cut; where there are any, only the end of the script is looked at.
    is_roomy: whether the pretended GPU takes all, so that it is seen what comes behind the line that filled it.
    """

    script: str
    arguments: tuple[str, ...] = ()
    folder: str
    language: str = "en"
    device: str = "cpu"
    limit_s: float = 60.0
    whole: tuple[str, ...] = ()
    is_roomy: bool = False
