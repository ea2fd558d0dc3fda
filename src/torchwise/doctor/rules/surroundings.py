"""Python and NumPy around PyTorch: a file named like a library, names that NumPy has dropped, packages that are missing."""

import ast
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path

from torchwise.doctor.case import Case
from torchwise.doctor.source import is_user_file
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

LIBRARIES = {
    "torch",
    "torchvision",
    "torchaudio",
    "numpy",
    "pandas",
    "PIL",
    "sklearn",
    "matplotlib",
    "scipy",
    "cv2",
    "tqdm",
}
INSTALLED_AS = {
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "cv2": "opencv-python",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
}
DROPPED = {"float": "float", "int": "int", "bool": "bool", "object": "object", "str": "str", "complex": "complex",
           "float_": "np.float64", "complex_": "np.complex128", "long": "np.int64", "Inf": "np.inf", "NaN": "np.nan", "NAN": "np.nan",
           "Infinity": "np.inf", "product": "np.prod", "cumproduct": "np.cumprod", "in1d": "np.isin", "trapz": "np.trapezoid",
           "row_stack": "np.vstack", "alltrue": "np.all", "sometrue": "np.any", "asfarray": "np.asarray", "unicode_": "np.str_",
           "string_": "np.bytes_", "round_": "np.round", "mat": "np.asmatrix", "msort": "np.sort"}  # fmt: skip
OLD_BUILD = re.compile(r"compiled using NumPy 1|[Nn]umpy is not available|numpy\.core\.multiarray failed|_ARRAY_API not found"
                       r"|numpy\.dtype size changed|binary incompatib")  # fmt: skip


def numpy_has_dropped_a_name(case: Case) -> Iterator[Finding]:
    """TW911: np.float and its like."""
    match = (
        re.search(r"numpy' has no attribute '(\w+)'|`np\.(\w+)`", case.text)
        if isinstance(case.error, AttributeError)
        else None
    )
    if match is None or case.frame is None or case.frame.node is None:
        return
    name = match[1] or match[2]
    use = next((n for n in ast.walk(case.frame.node) if isinstance(n, ast.Attribute) and n.attr == name), None)
    if name not in DROPPED or use is None:
        return
    spot = case.spot(use)
    change = replaced(
        spot, use, DROPPED[name].replace("np.", f"{ast.unparse(use.value)}."), least=spot.source.parents.get(use)
    )
    what = note("NumPy {version} has no np.{name} any more", version=sys.modules["numpy"].__version__, name=name)
    yield case.finding(
        "TW911", what, why=note("it was another name of {new}", new=DROPPED[name]), fix=change.text, mend=change.mend
    )


def file_hides_a_library(case: Case) -> Iterator[Finding]:
    """TW911: a file of the user's has the name of a module of Python's or of a library."""
    if not isinstance(case.error, AttributeError | ImportError):
        return
    path = _hiding(case)
    if path is None:
        return
    name = path.stem
    what = note("{file} hides the module {name} that is meant", file=path.name, name=name)
    why = note(
        "Python looks for modules in the folder of the script first, so import {name} finds {file}",
        name=name,
        file=path.name,
    )
    yield case.finding("TW911", what, why=why, mend=_import_of(case, name), seen=(),
                       fix=note("rename {file}, such as my_{file}, and delete __pycache__", file=path.name))  # fmt: skip


def _hiding(case: Case) -> Path | None:
    """The user's file that was imported in place of a library's module."""
    owner = getattr(case.error, "obj", None)
    files = [
        getattr(owner, "__file__", None) if isinstance(owner, types.ModuleType) else None,
        getattr(case.error, "path", None),
    ]
    match = re.search(r"\((?P<file>[^()]+\.py)\)", case.text)
    files.append(match["file"] if match else None)
    if "partially initialized module" in case.text or "is not a package" in case.text:
        named = re.search(r"'(\w+)(?:\.\w+)*'", case.text)
        files += [f.file for f in case.user if named is not None and Path(f.file).stem == named[1]]
    for file in files:
        if file and is_user_file(file) and (Path(file).stem in sys.stdlib_module_names or Path(file).stem in LIBRARIES):
            return Path(file)
    return None


def _import_of(case: Case, name: str) -> Spot | None:
    """The line that imports it."""
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(module.split(".")[0] == name for module in modules):
                return Spot(source, node)
    return None


def old_build_meets_numpy(case: Case) -> Iterator[Finding]:
    """TW911: a package that was compiled for NumPy 1."""
    if not isinstance(case.error, RuntimeError | ImportError | AttributeError | ValueError) or not OLD_BUILD.search(
        case.text
    ):
        return
    numpy = sys.modules.get("numpy")
    what = note(
        "a package here was compiled for another NumPy than {version}", version=getattr(numpy, "__version__", "?")
    )
    why = note("builds made for NumPy 1 can't use NumPy 2")
    yield case.finding("TW911", what, why=why, fix='pip install "numpy<2"')
    yield case.finding("TW911", what, fix=note("a newer build of that package"), sure=False)


def package_is_missing(case: Case) -> Iterator[Finding]:
    """TW911: a package that PyTorch programs use is not installed for this Python."""
    if not isinstance(case.error, ModuleNotFoundError) or not case.error.name:
        return
    name = case.error.name
    top = name.partition(".")[0]
    if top not in LIBRARIES | set(INSTALLED_AS) and not top.startswith("torch"):
        return
    if top == "torch":
        what: Words = note("this torch has no module {name}", name=name)
        yield case.finding("TW911", what, why=note("it belongs to another version of torch"), sure=False)
        return
    what = note("{name} is not installed for this Python", name=top)
    why = note("this is {python}; a package belongs to the Python it was installed for", python=sys.executable)
    yield case.finding(
        "TW911", what, why=why, fix=f"{Path(sys.executable).name} -m pip install {INSTALLED_AS.get(top, top)}"
    )


RULES = (numpy_has_dropped_a_name, file_hides_a_library, old_build_meets_numpy, package_is_missing)
