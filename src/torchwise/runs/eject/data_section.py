"""The script's first section: the rows are read and split, and what is in them is named."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from torchwise.runs.eject.facts import Facts
from torchwise.runs.eject.literals import comment, dict_lines, docstring, fits, list_lines, noted, quoted, words
from torchwise.runs.eject.tables import tables_of, word_of
from torchwise.texts import tr


def data_blocks(facts: Facts) -> list[list[str]]:
    """The blocks from reading the files to the rows of each part."""
    files = {name: f"{facts.stem}-{name}.csv" for name in tables_of(facts)}
    columns, target = _columns(facts), f"TARGET = {quoted(facts.schema.target.name)}"
    if len(files) == 1:
        reading = [[target, *_read(f"FOLDER / {quoted(files['data'])}", "rows = "), *columns]]
    else:
        said = docstring(tr("The rows of a file beside this script; a row is a dict from column to cell."))
        function = ["def read(name):", said, *(f"    {line}" for line in _read("FOLDER / name", "return "))]
        reading = [function, [target, *_files(facts, files), *columns]]
    return [*reading, _targets(facts), *_split(facts)]


def _read(file: str, start: str) -> list[str]:
    """The lines that read a file."""
    opened = f'with open({file}, encoding="utf-8", newline="") as file:'
    line = f"    {start}list(csv.DictReader(file))"
    return [opened, noted(line, tr("a row is a dict from column to cell")) if start == "rows = " else line]


def _files(facts: Facts, files: Mapping[str, str]) -> list[str]:
    """The lines that read several files."""
    column = facts.options.group or facts.options.time
    found = []
    if column:
        found.append(comment(tr("The run split the rows by {column}: each part is a file.", column=quoted(column))))
    for name, file in files.items():
        if name == "new":
            said = tr("any target: it is not looked at")
            found.append(f"new_rows = read({quoted(file)})")
            found.append(noted(f"new_rows = [row | {{TARGET: {_main(facts)}[0][TARGET]}} for row in new_rows]", said))
        else:
            found.append(f"{_main(facts) if name == 'data' else f'{name}_rows'} = read({quoted(file)})")
    return found


def _main(facts: Facts) -> str:
    """What the rows of the first file are called."""
    return "train_rows" if facts.is_split_by_files else "rows"


def _columns(facts: Facts) -> list[str]:
    """Which column is what; long lists are taken from the file, whose columns stand in this order."""
    numbers = [column.name for column in facts.number_columns]
    categories = [column.name for column in facts.category_columns]
    whole = [f"NUMBERS = {words(numbers)}", f"CATEGORIES = {words(categories)}"]
    if not all(map(fits, whole)):
        said = tr("the numbers come first, then the words, then the target")
        whole = [f"NUMBERS = COLUMNS[:{len(numbers)}]", f"CATEGORIES = COLUMNS[{len(numbers)}:-1]"]
        found = [noted(f"COLUMNS = list({_main(facts)}[0])", said)]
    else:
        found = []
    yes_no = {column.name: column.words for column in facts.number_columns if column.words}
    return [
        *found,
        *(whole[:1] if numbers else []),
        *(dict_lines("YES_NO", yes_no) if yes_no else []),
        *_dates(facts),
        *(whole[1:] if categories else []),
        *_classes(facts, [word_of(name) for name in facts.schema.target.classes]),
    ]


def _dates(facts: Facts) -> list[str]:
    """The columns of dates, with the count of their numbers where that differs."""
    if not facts.date_parts:
        return []
    if len(set(facts.date_parts.values())) == 1:
        return list_lines("DATES", list(facts.date_parts))
    said = tr("how many numbers each becomes")
    counts = ", ".join(f"{quoted(name)}: {count}" for name, count in facts.date_parts.items())
    line = noted(f"DATES = {{{counts}}}", said)
    if fits(line):
        return [line]
    entries = (f"    {quoted(name)}: {count}," for name, count in facts.date_parts.items())
    return [noted("DATES = {", said), *entries, "}"]


def _classes(facts: Facts, classes: Sequence[str]) -> list[str]:
    """The names of the classes; many are taken from the file."""
    if not classes:
        return []
    if fits(f"CLASSES = {words(classes)}") or facts.is_split_by_files or sorted(classes) != classes:
        return list_lines("CLASSES", classes)
    return ["CLASSES = sorted({row[TARGET] for row in rows})"]


def _targets(facts: Facts) -> list[str]:
    """The function that reads the targets."""
    if facts.task == "regression":
        said, value = tr("The number to predict, for each row."), "float(row[TARGET])"
    else:
        said, value = tr("The class of each row, as its place in CLASSES."), "CLASSES.index(row[TARGET])"
    return [
        "def targets_of(rows):",
        docstring(said),
        f"    return torch.tensor([{value} for row in rows])",
    ]


def _split(facts: Facts) -> list[list[str]]:
    """The split into train, valid and test rows."""
    options, parts = facts.options, facts.plan.parts
    if facts.is_split_by_files:
        return []
    fractions = {"test": options.test_fraction, "valid": options.valid_fraction}
    held = [name for name in fractions if name in parts and parts[name].table is facts.plan.table]
    if not held:
        return [["train_rows = rows"]]
    if facts.task == "regression":
        said = tr("Split row numbers at random: of each tenth of the targets, the fraction is held out.")
        strata = "targets_of(rows).argsort(stable=True).argsort() * 10 // len(rows)"
    else:
        said = tr("Split row numbers at random: of each class, the fraction is held out.")
        strata = "targets_of(rows)"
    function = [
        "def hold_out(index, fraction):",
        docstring(said),
        "    generator = torch.Generator().manual_seed(SEED)",
        "    order = index[torch.randperm(len(index), generator=generator)]",
        "    order = order[strata[order].argsort(stable=True)]",
        "    steps = torch.floor(torch.arange(len(index) + 1, dtype=torch.float64) * fraction + 1e-9)",
        "    is_held = steps.diff() > 0",
        "    return order[~is_held].sort().values, order[is_held].sort().values",
    ]
    calls = [
        f"strata = {strata}",
        *(
            f"train, {name} = hold_out({'train' if place else 'torch.arange(len(rows))'}, {fractions[name]!r})"
            for place, name in enumerate(held)
        ),
        *(f"{name}_rows = [rows[i] for i in {name}]" for name in ("train", *held)),
    ]
    return [function, calls]


def code_blocks(facts: Facts) -> list[list[str]]:
    """The blocks that give each word of a category its code."""
    kept = {column.name: [word_of(word) for word in column.categories] for column in facts.category_columns}
    if not kept:
        return []
    present = '{row[name] for row in train_rows} - {""}'
    numbered = [name for name, texts in kept.items() if sorted(texts) != texts]
    lines: list[str] = []
    if not numbered:
        order = f"sorted({present})"
    elif all(_is_numbered(kept[name]) for name in numbered):
        lines = list_lines("NUMBERED", numbered)
        lines[0] = noted(lines[0], tr("words that are numbers: 2 comes before 10"))
        order = f"sorted({present}, key=float if name in NUMBERED else str)"
    else:
        lines, order = dict_lines("WORDS", kept), "WORDS[name]"
    said = comment(tr("The code of each word in the train rows; 0 is for all other words and for missing ones."))
    return [
        [
            *lines,
            said,
            "CODES = {}",
            "for name in CATEGORIES:",
            f"    words = {order}",
            "    CODES[name] = {word: code for code, word in enumerate(words, start=1)}",
        ]
    ]


def _is_numbered(texts: Sequence[str]) -> bool:
    """Whether these words stand in the order of the numbers they are."""
    try:
        values = [float(text) for text in texts]
    except ValueError:
        return False
    return all(first < second for first, second in pairwise(values))
