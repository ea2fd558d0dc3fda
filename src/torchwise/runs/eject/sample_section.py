"""The script's second section: a row becomes numbers, and rows become a Dataset."""

from torchwise.runs.eject.data_section import code_blocks
from torchwise.runs.eject.facts import Facts
from torchwise.runs.eject.literals import comment, docstring, noted
from torchwise.texts import tr


def sample_blocks(facts: Facts) -> list[list[str]]:
    """The blocks from a row to the Dataset."""
    return [
        _date_function(facts), _number_function(facts), _statistics(facts), *code_blocks(facts), _dataset(facts)
    ]  # fmt: skip


def _date_function(facts: Facts) -> list[str]:
    """The function that makes numbers of a date."""
    counts = set(facts.date_parts.values())
    if not counts:
        return []
    differs, count = len(counts) > 1, "count" if len(counts) > 1 else str(max(counts))
    parts = ["days", "moment.month", "moment.weekday()", "hour"][: max(counts)]
    hour = "    hour = (moment.hour * 3600 + moment.minute * 60 + moment.second) / 3600"
    said = tr("A date as numbers: days since 2000, month, weekday (Monday is 0).")
    if "hour" in parts:
        said = tr("A date as numbers: days since 2000, month, weekday (Monday is 0), hour.")
    return [
        f"def date_parts(cell{', count' if differs else ''}):",
        docstring(said),
        *(["    if not cell:", f'        return [float("nan")] * {count}'] if facts.has_missing else []),
        "    moment = datetime.fromisoformat(cell)",
        "    days = (moment - datetime(2000, 1, 1)).days",
        *([hour] if "hour" in parts else []),
        f"    return [{', '.join(parts)}]{'[:count]' if differs else ''}",
    ]


def _number_function(facts: Facts) -> list[str]:
    """The function that reads the numbers of a row."""
    columns = facts.number_columns
    if not columns:
        return []
    empty, guard = (' or "nan"', " and row[name]") if facts.has_missing else ("", "")
    said = tr("The numbers of a row; nan where one is missing.") if empty else tr("The numbers of a row.")
    head = ["def numbers_of(row):", docstring(said)]
    branches = []
    if any(column.kind == "date" for column in columns):
        count = ", DATES[name]" if len(set(facts.date_parts.values())) > 1 else ""
        branches.append(("name in DATES", f"numbers += date_parts(row[name]{count})"))
    if any(column.words for column in columns):
        branches.append((f"name in YES_NO{guard}", "numbers.append(YES_NO[name].index(row[name]))"))
    if not branches:
        return [*head, f"    return [float(row[name]{empty}) for name in NUMBERS]"]
    found = [*head, "    numbers = []", "    for name in NUMBERS:"]
    for number, (condition, deed) in enumerate(branches):
        found += [f"        {'elif' if number else 'if'} {condition}:", f"            {deed}"]
    found += ["        else:", f"            numbers.append(float(row[name]{empty}))"]
    return [*found, "    return numbers"]


def _statistics(facts: Facts) -> list[str]:
    """Mean and deviation of the numbers, and of the target, in the train rows."""
    found = []
    is_scaled = facts.options.standardise
    if facts.number_columns and (is_scaled or facts.has_missing):
        mean = "nanmean" if facts.has_missing else "mean"
        found.append("numbers = torch.tensor([numbers_of(row) for row in train_rows]).double()")
        found.append(f"mean = numbers.{mean}(dim=0){'.nan_to_num()' if facts.has_empty else ''}")
        if is_scaled:
            found.append(f"std = (numbers - mean).square().{mean}(dim=0).sqrt()")
        if facts.has_constant:
            said = tr("one value only")
            found.append(noted("std = torch.where(std > 1e-7 * mean.abs().clamp(min=1e-30), std, 1.0)", said))
        found.append("mean, std = mean.float(), std.float()" if is_scaled else "mean = mean.float()")
        if facts.has_marks:
            found.append("has_missing = numbers.isnan().any(dim=0)")
    if facts.is_scaled:
        found.append("targets = targets_of(train_rows).double()")
        found.append("target_mean, target_std = targets.mean().item(), targets.std(correction=0).item()")
    return [comment(tr("What is learnt from the train rows alone.")), *found] if found else []


def _dataset(facts: Facts) -> list[str]:
    """The Dataset."""
    samples = ", ".join([*(f"self.{name}[index]" for name in facts.batch_names), "self.targets[index]"])
    said = tr("Rows as samples: {names}.", names=", ".join([*facts.batch_names, "target"]))
    return [
        "class TableData(Dataset):",
        docstring(said),
        "",
        "    def __init__(self, rows):",
        *(_inputs(facts) if facts.number_columns else []),
        *(
            [
                "        codes = [[CODES[name].get(row[name], 0) for name in CATEGORIES] for row in rows]",
                "        self.codes = torch.tensor(codes)",
            ]
            if facts.category_columns
            else []
        ),
        f"        self.targets = {_targets(facts)}",
        "",
        "    def __len__(self):",
        "        return len(self.targets)",
        "",
        "    def __getitem__(self, index):",
        f"        return {samples}",
    ]


def _inputs(facts: Facts) -> list[str]:
    """The lines that fill, standardise and mark the numbers."""
    found = ["        numbers = torch.tensor([numbers_of(row) for row in rows])"]
    if facts.has_missing:
        said = tr("a missing number becomes the mean")
        found.append("        missing = numbers.isnan()")
        found.append(noted("        numbers = torch.where(missing, mean, numbers)", said))
    numbers = "(numbers - mean) / std" if facts.options.standardise else "numbers"
    if not facts.has_marks:
        return [*found, f"        self.inputs = {numbers}"]
    said = tr("1 where it was missing")
    found.append(noted("        marks = missing[:, has_missing].float()", said))
    return [*found, f"        self.inputs = torch.cat([{numbers}, marks], dim=1)"]


def _targets(facts: Facts) -> str:
    """The targets as the loss takes them."""
    if facts.is_scaled:
        return "((targets_of(rows).double() - target_mean) / target_std).float()"
    return "targets_of(rows).float()" if facts.has_one_logit else "targets_of(rows)"
