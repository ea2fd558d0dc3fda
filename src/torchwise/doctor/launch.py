"""Runs a script exactly as Python would, with the doctor waiting for the error that may end it.

Nothing heavy is imported here: what watches torch comes when the script itself imports torch, what explains comes when
something has failed.
"""

import os
import sys

TYPE_CHECKING = False  # importing typing or dataclasses would take longer than all that happens here
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType, TracebackType
    from typing import Any

    Report = Callable[[BaseException | None], None]


def run(script: str, module: str, arguments: "tuple[str, ...]", report: "Report") -> None:
    """Run a script (or a module, as `-m` does) to its end, and let every exception through, SystemExit and Ctrl-C too.

    report: told of the error before the process ends by it (by `sys.excepthook`, so that all that Python does at such
    an end is done as ever), and of None if there was none.
    """
    wait_for_torch()
    try:
        if module:
            _run_module(module, arguments)
        else:
            _run_script(script, arguments)
    except SystemExit:
        report(None)
        raise
    except BaseException:
        _hook(report)
        raise
    report(None)


def _hook(report: "Report") -> None:
    """Let the end of the process print our report; a hook that the script has set comes after it."""
    theirs = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: "TracebackType | None") -> None:
        error = error.with_traceback(below_us(traceback))
        folder, hidden = _hide_shadows()
        try:
            if theirs is sys.__excepthook__:
                report(error)
            else:
                from torchwise.doctor.noting import attach

                attach(error)
        except SystemExit:
            raise
        except BaseException as fault:  # our own, whatever it is: it is said, and the error stands as it would have
            sys.stderr.write(f"torchwise: {type(fault).__name__}: {fault}\n")
            if theirs is sys.__excepthook__:
                theirs(kind, error, error.__traceback__)
        finally:
            sys.path.insert(0, folder)
            sys.modules.update(hidden)
        if theirs is not sys.__excepthook__:
            theirs(kind, error, error.__traceback__)
        if isinstance(error, KeyboardInterrupt):
            _mark_interrupted()

    sys.excepthook = hook


def _hide_shadows() -> "tuple[str, dict[str, ModuleType]]":
    """Take out the script's modules that have the name of one of Python's own (random.py), so that ours can be loaded.

    Returns the script's folder, taken from sys.path, and the modules.
    """
    folder = sys.path.pop(0) if sys.path else ""
    hidden = {}
    for name in sys.stdlib_module_names & set(sys.modules):
        if name != "__main__" and os.path.dirname(getattr(sys.modules[name], "__file__", None) or "") == folder:
            hidden[name] = sys.modules.pop(name)
    return folder, hidden


def _mark_interrupted() -> None:
    """Let the process die by SIGINT, as Python's does: any code compiled since the interrupt has made it forget that."""
    try:
        exec("raise KeyboardInterrupt")
    except KeyboardInterrupt:
        return


def below_us(traceback: "TracebackType | None") -> "TracebackType | None":
    """The traceback without the frames that launched the script: from the script's own first one on."""
    here = traceback
    while here is not None and _is_launcher(here.tb_frame.f_globals.get("__name__", ""), here):
        here = here.tb_next
    return here


def _is_launcher(name: str, traceback: "TracebackType") -> bool:
    """Whether a frame is one of ours, of runpy or of the installed command."""
    file = traceback.tb_frame.f_code.co_filename
    is_command = name == "__main__" and traceback.tb_frame.f_globals is not sys.modules["__main__"].__dict__
    return name.startswith("torchwise.") or file.startswith("<frozen runpy") or is_command


def _run_script(script: str, arguments: tuple[str, ...]) -> None:
    """As `python script.py arguments`."""
    sys.argv = [script, *arguments]
    if os.path.isdir(script) or script.endswith((".zip", ".pyz")):
        from runpy import run_path

        run_path(script, run_name="__main__")
        return
    path = os.path.abspath(script)
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    main = _fresh_main()
    main.__file__ = path
    exec(code, main.__dict__)


def _run_module(module: str, arguments: tuple[str, ...]) -> None:
    """As `python -m module arguments`."""
    sys.argv = ["-m", *arguments]
    if not sys.flags.safe_path:
        sys.path[0] = os.getcwd()
    _fresh_main()
    import runpy

    run_as_main: Any = runpy._run_module_as_main  # type: ignore[attr-defined]  # what `python -m` itself calls
    run_as_main(module)


def _fresh_main() -> "ModuleType":
    """An empty `__main__`, in which the script runs and which its worker processes find again."""
    main = type(sys)("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    return main


def wait_for_torch() -> None:
    """Watch torch from the moment it is imported; at once if it has been."""
    if "torch" in sys.modules:
        watch_torch()
    else:
        sys.meta_path.insert(0, _Waiting())


def watch_torch() -> None:
    """Note where modules are built, and let errors in workers and threads carry their findings."""
    from torchwise.doctor import recorder, threads, workers

    recorder.install()
    workers.install()
    threads.install()


class _Waiting:
    """A finder that finds nothing itself, and learns so when torch is imported."""

    def find_spec(self, name: str, path: "Any", target: "ModuleType | None" = None) -> "ModuleSpec | None":
        """The spec that all others find for torch, with us called after it has been loaded."""
        if name != "torch":
            return None
        sys.meta_path.remove(self)
        from importlib.util import find_spec

        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: "ModuleType") -> None:
                load(module)
                watch_torch()

            setattr(spec.loader, "exec_module", exec_module)  # noqa: B010 this one loader's, not its class's
        return spec
