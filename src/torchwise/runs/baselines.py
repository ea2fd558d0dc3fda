"""What a network has to beat: the mean or majority, a linear model, boosting, all from scikit-learn."""

import warnings
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchwise.data.schema import Schema
from torchwise.train.plan import Part

MAX_CODES = 255  # the most categories scikit-learn's boosting splits on as such


def fit_baselines(schema: Schema, train: Part, test: Part, *, seed: int) -> dict[str, Tensor]:
    """Predictions for the test rows by models fitted on the train rows.

    Returns "constant", "linear" and "boosting": (rows,) values, or (rows, classes) probabilities, float64.
    """
    train_table, test_table = train.taken(), test.taken()
    inputs, test_inputs = schema.inputs(train_table).numpy(), schema.inputs(test_table).numpy()
    targets = schema.targets(train_table).numpy()
    found = {}
    for name, model in make_baselines(schema, seed=seed).items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a linear model that has not wholly converged is still a fair baseline
            model.fit(inputs, targets)
        found[name] = predictions_of(model, test_inputs, len(schema.target.classes))
    return found


def make_baselines(schema: Schema, *, seed: int) -> dict[str, Any]:
    """The unfitted baselines for a schema; they take the raw tensor's columns as an array."""
    from sklearn.dummy import DummyClassifier, DummyRegressor  # scikit-learn takes a second to import
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.pipeline import make_pipeline

    encode = make_encoding(schema)
    few = [i for i, slot in enumerate(schema.slots) if 0 < slot.num_codes <= MAX_CODES]
    if schema.target.task == "regression":
        return {
            "constant": DummyRegressor(),
            "linear": make_pipeline(encode, RidgeCV(np.logspace(-3, 4, 15))),
            "boosting": HistGradientBoostingRegressor(categorical_features=few, random_state=seed),
        }
    return {
        "constant": DummyClassifier(),
        "linear": make_pipeline(encode, LogisticRegression(max_iter=1000)),
        "boosting": HistGradientBoostingClassifier(categorical_features=few, random_state=seed),
    }


def make_encoding(schema: Schema) -> Any:
    """What scikit-learn's models of numbers need in front: missing values filled, scaled, categories one-hot."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [i for i, slot in enumerate(schema.slots) if slot.num_codes == 0]
    categories = [i for i, slot in enumerate(schema.slots) if slot.num_codes > 0]
    fill = SimpleImputer(add_indicator=True, keep_empty_features=True)
    return make_column_transformer(
        (make_pipeline(fill, StandardScaler()), numbers), (OneHotEncoder(handle_unknown="ignore"), categories)
    )


def predictions_of(model: Any, inputs: np.ndarray[Any, Any], num_classes: int) -> Tensor:
    """A fitted model's values, or its probabilities in the order of the classes (0 for one it never met)."""
    if not num_classes:
        return torch.from_numpy(np.asarray(model.predict(inputs), dtype=np.float64))
    probabilities = torch.zeros(len(inputs), num_classes, dtype=torch.float64)
    found = np.asarray(model.predict_proba(inputs), dtype=np.float64)
    probabilities[:, torch.from_numpy(np.asarray(model.classes_))] = torch.from_numpy(found)
    return probabilities
