"""Who names the line to mend: the ordinary traceback, TensorSensor, friendly-traceback and torchwise, on the clinic.

For each failing program, the line that a method points to last is compared with the lines at which the program is to be
mended. TensorSensor and friendly-traceback name the line in the text they add; where they add none, they have the
traceback's. torchwise's whole score also asks for the right code and the right numbers.

    python bench/explain.py            the table in bench/explain.md
"""

import re
import sys
import traceback
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tools"))

import clinic  # noqa: E402  # found by the line above

METHODS = ("traceback", "TensorSensor", "friendly-traceback")


def lines_named(text: str, name: str) -> dict[str, Any]:
    """Run a program; the user's line that each of the other methods names."""
    path = Path(name).resolve()
    error = clinic.raised_by(text, path)
    if error is None:
        return {}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    raised = frames[-1].lineno if frames else 0
    return {
        "traceback": raised,
        "TensorSensor": tensor_sensor(error, path) or raised,
        "friendly-traceback": friendly(error, path) or raised,
    }


def tensor_sensor(error: BaseException, path: Path) -> int:
    """The line that TensorSensor's `explain` block names; it adds the cause to the error's text."""
    import tsensor

    try:
        with tsensor.explain():
            raise error
    except BaseException as told:
        numbers = re.findall(rf"{re.escape(str(path))}\D+(\d+)", str(told))
        return int(numbers[-1]) if numbers else 0


def friendly(error: BaseException, path: Path) -> int:
    """The last line of the program that friendly-traceback's explanation names."""
    import friendly_traceback

    try:
        raise error
    except BaseException:
        friendly_traceback.explain_traceback(redirect="capture")
    said = friendly_traceback.get_output()
    numbers = re.findall(rf"line (\d+)[^\n]*{re.escape(path.name)}|{re.escape(path.name)}\W+line (\d+)", said)
    numbers += re.findall(r"on line (\d+)", said)
    flat = [int(number) for found in numbers for number in (found if isinstance(found, tuple) else (found,)) if number]
    return flat[-1] if flat else 0


def main() -> None:
    """Run everything and write the table."""
    table: dict[str, list[int]] = {}
    for program in clinic.programs():
        row = table.setdefault(program.path.parent.name, [0] * (len(METHODS) + 3))
        named = clinic.run_forked(lines_named, program.text, program.path.name) or {}
        score = clinic.score(program)
        row[0] += 1
        for place, method in enumerate(METHODS, start=1):
            row[place] += named.get(method, 0) in program.culprits
        row[-2] += score.line
        row[-1] += score.is_full
    table["all"] = [sum(column) for column in zip(*table.values(), strict=True)]
    lines = [
        f"| family | programs | {' | '.join(METHODS)} | torchwise: line | line, code and numbers |",
        "|---|" + "---|" * (len(METHODS) + 3),
        *(f"| {family} | {' | '.join(map(str, row))} |" for family, row in table.items()),
    ]
    (HERE / "explain.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
