"""What report.json holds: every number and name of the page, in no language. NaN where something is not defined."""

from dataclasses import dataclass
from typing import Literal

from torchwise.runs.verdict import Verdict
from torchwise.texts import Text

FORMAT = 1
MOST_POINTS = 1000  # of a plot; more are thinned out by a seeded sample
MOST_ENTRIES = 30  # of a plot with a row each
MISSING = "\0missing"  # the group of rows without a value; no file holds such a word

RowsOf = Literal["test", "valid", "out of fold", ""]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The losses of one network, epoch by epoch. valid is empty where there were no valid rows."""

    name: str  # the number of the fold, else ""
    ending: str
    num_epochs: int
    best_epoch: int
    epochs: tuple[int, ...]
    train: tuple[float, ...]
    valid: tuple[float, ...]

    def __post_init__(self) -> None:
        assert len(self.epochs) == len(self.train), "a train loss an epoch"
        assert len(self.valid) in (0, len(self.epochs)), "a valid loss an epoch, or none"


@dataclass(frozen=True, kw_only=True)
class Group:
    """The errors (predicted minus true) of some rows: those in [low, high] of a number, or of the category `name`."""

    name: str  # "" for a range of numbers; MISSING for rows without a value
    low: float
    high: float
    count: int
    mean: float
    mean_error: float  # the standard error of the mean
    typical: float  # the median of the absolute errors
    is_clear: bool  # whether the mean is farther from 0 than chance explains, and far enough to matter


@dataclass(frozen=True, kw_only=True)
class ColumnErrors:
    """How the errors go with one column.

    at: each sampled row's value; for a date days since 2000-01-01; for a category the place of its group.
    """

    column: str
    kind: Literal["number", "category", "date"]
    at: tuple[float, ...]
    errors: tuple[float, ...]
    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        assert len(self.at) == len(self.errors), "an error a row"
        assert max(len(self.at), 50 * len(self.groups)) <= MOST_POINTS, "a plot has room for them"


@dataclass(frozen=True, kw_only=True)
class Regression:
    """Predictions of a number beside the truth. true and predicted: sampled rows; all else is of all rows."""

    num_rows: int
    true: tuple[float, ...]
    predicted: tuple[float, ...]
    r2: float
    bias: float
    median_error: float
    error_90: float  # nine of ten absolute errors are at most this
    spread_true: float
    spread_predicted: float
    by_prediction: tuple[Group, ...]
    by_column: tuple[ColumnErrors, ...]
    num_columns: int  # how many columns were looked at

    def __post_init__(self) -> None:
        assert len(self.true) == len(self.predicted), "a prediction a row"
        assert 1 <= len(self.true) <= MOST_POINTS and len(self.by_prediction) <= MOST_ENTRIES, (
            "a plot has room for them"
        )


@dataclass(frozen=True, kw_only=True)
class ClassCount:
    """One class: how many rows are of it, are called it, and both."""

    name: str
    rows: int
    called: int
    right: int


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """How many rows of one class were taken for another."""

    true: str
    called: str
    count: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """One class against the rest, by its probability: the curves, thinned out, and the areas under them."""

    name: str
    rows: int
    auroc: float
    average_precision: float
    false_rate: tuple[float, ...]
    true_rate: tuple[float, ...]
    precision: tuple[float, ...]

    def __post_init__(self) -> None:
        assert len(self.false_rate) == len(self.true_rate) == len(self.precision), "the curves have the same points"
        assert len(self.precision) <= MOST_POINTS, "a plot has room for them"


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Rows with a probability in [low, high]: the mean of it, and in how many it came true."""

    low: float
    high: float
    count: int
    mean: float
    came_true: int
    is_clear: bool  # whether both differ by more than chance explains


@dataclass(frozen=True, kw_only=True)
class Classes:
    """Predictions of a class beside the truth. confusion[i][j]: rows of shown[i] that were called shown[j]."""

    num_rows: int
    num_right: int
    classes: tuple[ClassCount, ...]
    shown: tuple[int, ...]  # which classes the matrix shows; what is left is added up in a last row and column
    confusion: tuple[tuple[int, ...], ...]
    mistakes: tuple[Mistake, ...]
    rankings: tuple[Ranking, ...]
    bins: tuple[Bin, ...]

    def __post_init__(self) -> None:
        size = len(self.shown) + (len(self.shown) < len(self.classes))
        assert all(0 <= place < len(self.classes) for place in self.shown), "the matrix shows classes"
        assert [len(row) for row in self.confusion] == [size] * size, "the matrix is square"
        assert len(self.classes) >= 2 and self.num_rows >= 1, "there are classes, and rows"
        assert max(len(self.shown), len(self.rankings), len(self.bins)) <= MOST_ENTRIES, "a plot has room for them"
        assert all(0 <= entry.came_true <= entry.count for entry in self.bins), "at most all rows came true"
        assert 0 <= self.num_right <= self.num_rows, "at most all rows are right"


@dataclass(frozen=True, kw_only=True)
class WorstRow:
    """One row that the network got wrong. line: its line in the file, 0 where it has none; position: counted from 0."""

    line: int
    position: int
    true: str
    predicted: str
    error: float  # predicted minus true; for classes the probability that was given to the true class
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Worst:
    """The rows with the largest errors, and how much of the whole error the worst twentieth makes."""

    source: str
    columns: tuple[str, ...]
    rows: tuple[WorstRow, ...]
    num_rows: int
    num_wrong: int  # of classes
    num_twentieth: int
    share: float  # of the squared error
    median_error: float

    def __post_init__(self) -> None:
        assert all(len(row.cells) == len(self.columns) for row in self.rows), "a cell a column"
        assert len(self.rows) <= MOST_ENTRIES, "a table has room for them"


@dataclass(frozen=True, kw_only=True)
class Importance:
    """How much worse the metric becomes when the values of a column are shuffled: mean and spread over shuffles."""

    column: str
    mean: float
    spread: float


@dataclass(frozen=True, kw_only=True)
class Importances:
    """The columns by importance, in the task's main metric."""

    metric: str
    base: float
    num_rows: int
    num_shuffles: int
    num_columns: int  # how many the model sees; fewer may have been tried
    columns: tuple[Importance, ...]

    def __post_init__(self) -> None:
        assert len(self.columns) <= MOST_ENTRIES, "a plot has room for them"


@dataclass(frozen=True, kw_only=True)
class ColumnFact:
    """One column of the file, and why it is left out or what there is to say of it."""

    name: str
    kind: str
    used: bool
    missing: int
    why: Text | None


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting as a text, and the default where it is another."""

    name: str
    value: str
    default: str
    is_changed: bool


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that the page says. What a run of plain parts can't tell is None or empty."""

    format: int
    kind: Literal["table", "folds", "parts"]
    name: str
    made: str
    target: str
    task: str
    num_rows: int
    parts: dict[str, int]
    ending: str
    epochs: int
    best_epoch: int  # 0 for folds
    num_folds: int
    metrics: dict[str, dict[str, float]]  # by part
    verdict: Verdict | None
    curves: tuple[Curve, ...]
    shown: RowsOf  # which rows the plots show
    regression: Regression | None
    classes: Classes | None
    worst: Worst | None
    importances: Importances | None
    notes: tuple[Text, ...]
    columns: tuple[ColumnFact, ...]
    settings: tuple[Setting, ...]
    versions: dict[str, str]
    source: str
    sha256: str
    command: tuple[str, ...]

    def __post_init__(self) -> None:
        assert len(self.curves) <= MOST_POINTS, "a plot has room for them"
        if self.verdict is not None:
            assert self.verdict.metrics, "a verdict has metrics"
            assert all(set(rival.metrics) == set(self.verdict.metrics) for rival in self.verdict.rivals), (
                "the same metrics"
            )
