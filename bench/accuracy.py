"""How well torchwise's defaults predict, beside scikit-learn's models, on the same rows.

Each method is fitted on four fifths of a table and predicts the last fifth, five times, so that every row is
predicted once; the metric is pooled over all rows; the figure is the median over seeds.

    python bench/accuracy.py                                the table in bench/accuracy.md
    python bench/accuracy.py --csv FILE --target COL        a table of yours, printed
"""

import argparse
import json
import statistics
import warnings
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from rich.console import Console
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LassoCV
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from tables import TABLES
from torchwise.data.reading import read_table
from torchwise.data.target import drop_unlabelled
from torchwise.runs.baselines import make_baselines, make_encoding, predictions_of
from torchwise.runs.run import load
from torchwise.runs.training import train_table
from torchwise.train import metrics
from torchwise.train.options import Options
from torchwise.train.plan import Plan, plan_table

HERE = Path(__file__).parent
OURS = {"torchwise": 0, "torchwise --folds 5": 5}
METHODS = (*OURS, "sklearn MLP", "linear", "lasso", "boosting")
SHOWN = {"regression": ("rmse",), "binary": ("log_loss", "accuracy"), "multi-class": ("log_loss", "accuracy")}
MANY_ROWS = 20_000  # from here on one seed, not five


def main() -> None:
    """Measure what isn't in the results file yet, and write the table."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--csv", help="a table of your own")
    flags.add_argument("--target", help="its target column")
    flags.add_argument("--only", nargs="*", help="some of the tables")
    flags.add_argument("--methods", nargs="*", default=METHODS, choices=METHODS)
    flags.add_argument("--seeds", type=int, default=5)
    flags.add_argument("--results", type=Path, default=HERE / "accuracy.jsonl", help="what was measured, a line each")
    given = flags.parse_args()
    warnings.simplefilter("ignore")  # scikit-learn's warnings about its own convergence
    if given.csv:
        measured = list(measure("yours", read_table(given.csv), given.target, given.methods, given.seeds, done=set()))
        print(as_markdown(measured))
        return
    lines = given.results.read_text().splitlines() if given.results.exists() else []
    measured = [json.loads(line) for line in lines]
    done = {(found["table"], found["method"], found["seed"]) for found in measured}
    for name in given.only or TABLES:
        frame, target = TABLES[name]()
        seeds = 1 if len(frame) >= MANY_ROWS else given.seeds
        for found in measure(name, read_table(frame), target, given.methods, seeds, done):
            measured.append(found)
            with given.results.open("a") as file:
                print(json.dumps(found), file=file, flush=True)
    (HERE / "accuracy.md").write_text(as_markdown(measured))


def measure(name: str, table: Any, target: str, methods: Any, seeds: int, done: set[Any]) -> Any:
    """Yield a result for each method and seed that is not done yet."""
    table = drop_unlabelled(table, target)
    for method in methods:
        for seed in range(seeds):
            if (name, method, seed) in done:
                continue
            answers, targets, task = [], [], ""
            for train_rows, test_rows in KFold(5, shuffle=True, random_state=seed).split(np.arange(table.num_rows)):
                train, test = table.take(train_rows), table.take(test_rows)
                options = Options(target=target, test_fraction=0.0, folds=OURS.get(method, 0), seed=seed)
                plan = plan_table(train.columns, options)
                found = ours(plan, test) if method in OURS else theirs(method, plan, train, test, seed)
                if found is None:
                    break
                task = plan.schema.target.task
                answers.append(found)
                targets.append(plan.schema.targets(test))
            else:
                pooled = metrics.measure(SHOWN[task], torch.cat(answers), torch.cat(targets))
                yield {"table": name, "rows": table.num_rows, "method": method, "seed": seed, "task": task, **pooled}


def ours(plan: Plan, test: Any) -> Tensor:
    """What a run with default flags predicts."""
    with TemporaryDirectory() as folder:
        train_table(plan, Path(folder) / "run", Console(quiet=True))
        return load(Path(folder) / "run").answers(test)


def theirs(method: str, plan: Plan, train: Any, test: Any, seed: int) -> Tensor | None:
    """What a model of scikit-learn predicts; None where it is not for this task."""
    schema = plan.schema
    is_regression = schema.target.task == "regression"
    if method == "lasso":
        model = make_pipeline(make_encoding(schema), LassoCV(random_state=seed)) if is_regression else None
    elif method == "sklearn MLP" and is_regression:
        network = TransformedTargetRegressor(MLPRegressor(random_state=seed), transformer=StandardScaler())
        model = make_pipeline(make_encoding(schema), network)
    elif method == "sklearn MLP":
        model = make_pipeline(make_encoding(schema), MLPClassifier(random_state=seed))
    else:
        model = make_baselines(schema, seed=seed)[method]
    if model is None:
        return None
    model.fit(schema.inputs(train).numpy(), schema.targets(train).numpy())
    return predictions_of(model, schema.inputs(test).numpy(), len(schema.target.classes))


def as_markdown(measured: list[dict[str, Any]]) -> str:
    """A line for each table and metric: the median over seeds of each method, the best in bold."""
    found: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    rows = {}
    for result in measured:
        rows[result["table"]] = result["rows"]
        for metric in SHOWN[result["task"]]:
            found[result["table"], metric][result["method"]].append(result[metric])
    lines = ["| table | rows | seeds | metric | " + " | ".join(METHODS) + " |", "|---" * (4 + len(METHODS)) + "|"]
    for (table, metric), methods in found.items():
        medians = {method: statistics.median(values) for method, values in methods.items()}
        best = max(medians.values()) if metric == "accuracy" else min(medians.values())
        counts = sorted({len(values) for values in methods.values()}, reverse=True)
        seeds = " / ".join(map(str, counts))
        cells = [as_cell(medians.get(method), best) for method in METHODS]
        lines.append(f"| {table} | {rows[table]:,} | {seeds} | {metric} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def as_cell(value: float | None, best: float) -> str:
    """A figure with four digits, bold if it is the best; nothing for a method that is not for the task."""
    if value is None:
        return ""
    text = f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
    return f"**{text}**" if value == best else text


if __name__ == "__main__":
    main()
