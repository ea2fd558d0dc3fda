"""The tables that come along, so that everything runs without a download."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from torchwise.data.frames import frame_table
from torchwise.data.names import close_name, did_you_mean, listed
from torchwise.data.survey import survey_columns
from torchwise.data.table import Table
from torchwise.errors import Problem
from torchwise.texts import tr


def builtin_table(name: str) -> Table:
    """A built-in table; the column to predict is `target`, in the survey `tested_positive.4`."""
    if name not in BUILTINS:
        close = close_name(name, BUILTINS)
        raise Problem(
            tr("there is no built-in table {name}", name=did_you_mean(name, BUILTINS)),
            why=tr("the built-in tables are {names}", names=listed(BUILTINS)),
            fix=tr("builtin:{name}", name=close or next(iter(BUILTINS))),
        )
    table = frame_table(pa.table(BUILTINS[name]()))
    return Table(name=name, source=f"builtin:{name}", columns=table.columns, sha256=table.sha256)


def _breast_cancer() -> dict[str, pa.Array]:
    """569 tumours, 30 measures of their cell nuclei; target: malignant or benign."""
    from sklearn.datasets import load_breast_cancer

    return _columns(load_breast_cancer())


def _diabetes() -> dict[str, pa.Array]:
    """442 patients, 10 measures; target: the disease's progress after a year, a number from 25 to 346."""
    from sklearn.datasets import load_diabetes

    return _columns(load_diabetes(scaled=False))


def _wine() -> dict[str, pa.Array]:
    """178 wines, 13 measures; target: one of three cultivars, called class_0 to class_2."""
    from sklearn.datasets import load_wine

    return _columns(load_wine())


def _columns(bunch: Any) -> dict[str, pa.Array]:
    """The columns of one of scikit-learn's data sets, the target last and its classes by name."""
    columns = {
        str(name).replace(" ", "_"): pa.array(values)
        for name, values in zip(bunch.feature_names, bunch.data.T, strict=True)
    }
    names = bunch.get("target_names")
    target = bunch.target if names is None else np.asarray(names)[bunch.target].astype(object)
    return columns | {"target": pa.array(target)}


BUILTINS: dict[str, Callable[[], dict[str, pa.Array]]] = {
    "breast-cancer": _breast_cancer,
    "diabetes": _diabetes,
    "wine": _wine,
    "survey": survey_columns,
}
