"""What torch refuses: each call gives the code of its family, and names the argument that is at fault."""

from pathlib import Path

import pytest

from torchwise.doctor.diagnose import diagnose

CALLS = [line.split(" | ") for line in (Path(__file__).parent / "refused.txt").read_text().splitlines()]
HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\nfrom torch.utils import data\n\n"


def failure(path, code):
    path.write_text(HEAD + code + "\n", encoding="utf-8")
    with pytest.raises(Exception) as caught:
        exec(compile(HEAD + code + "\n", str(path), "exec"), {"__name__": "__main__"})
    return caught.value


@pytest.mark.parametrize(("code", "call", "word"), CALLS, ids=[f"{c}-{n}" for n, (c, _, _) in enumerate(CALLS)])
def test_a_refused_call_gives_its_code_and_names_what_was_refused(tmp_path, code, call, word):
    first, *_ = diagnose(failure(tmp_path / "call.py", call), strict=True)
    assert first.code == code
    assert word in str(first.what) + str(first.why)


def test_an_unknown_error_tells_the_argument_its_values_and_the_line_where_they_were_made(tmp_path):
    code = "first = torch.ones(3)\nmatrix = torch.zeros(3, 3)\ninverse = torch.linalg.inv(A=matrix)"
    (finding,) = diagnose(failure(tmp_path / "call.py", code), strict=True)
    assert (finding.code, finding.mend.line) == ("TW000", 7)
    assert "(3, 3) float32, values from 0 to 0" in str(finding.why)


def test_a_variable_under_a_new_name_is_blamed_where_it_got_the_name(tmp_path):
    code = (
        "scores = torch.zeros(20, 1, 5)\nframes = torch.tensor([80])\nused = frames\nletters = torch.tensor([2])\n"
        "F.ctc_loss(scores, torch.ones(1, 2).long(), used, letters)"
    )
    first, *_ = diagnose(failure(tmp_path / "call.py", code), strict=True)
    assert (first.code, first.mend.line) == ("TW230", 8)
