"""Pasted texts: each error as PyTorch words it, now or since 1.10, gives its code."""

import re
from pathlib import Path

import pytest

from torchwise.doctor.pasted import explain_text, place_in

LINES = [line.split(" | ", 1) for line in (Path(__file__).parent / "pasted.txt").read_text().splitlines()]

TRACEBACK = """Traceback (most recent call last):
  File "/home/li/project/train.py", line 88, in <module>
    main()
  File "/home/li/project/models/net.py", line 31, in forward
    return self.head(x.flatten(1))
  File "/home/li/miniconda3/lib/python3.8/site-packages/torch/nn/modules/module.py", line 1102, in _call_impl
    return forward_call(*input, **kwargs)
  File "/home/li/miniconda3/lib/python3.8/site-packages/torch/nn/functional.py", line 1848, in linear
    return torch._C._nn.linear(input, weight, bias)
{error}
"""


@pytest.mark.parametrize(("code", "text"), LINES, ids=[f"{code}-{n}" for n, (code, _) in enumerate(LINES)])
def test_a_known_wording_gives_its_code(code, text):
    assert code in [finding.code for finding in explain_text(text)]


@pytest.mark.parametrize(("code", "text"), LINES, ids=[f"{code}-{n}" for n, (code, _) in enumerate(LINES)])
def test_a_whole_traceback_gives_the_code_and_the_users_frame(code, text):
    first, *_ = findings = explain_text(TRACEBACK.format(error=text))
    assert code in [finding.code for finding in findings]
    assert (first.where.file, first.where.line) == ("/home/li/project/models/net.py", 31)
    assert first.where.source == "return self.head(x.flatten(1))"
    assert first.mend is None


def test_the_numbers_of_the_text_are_read():
    (first, *_) = explain_text("RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x512 and 256x10)")
    assert "512" in str(first.what) and "256" in str(first.what)


def test_a_text_that_says_nothing_known_is_tw000_and_not_sure():
    (finding,) = explain_text(
        "Traceback (most recent call last):\n  File \"a.py\", line 2, in f\n    x\nKeyError: 'lr'"
    )
    assert (finding.code, finding.sure, finding.where.line) == ("TW000", False, 2)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "<ipython-input-4-abc> in forward(self, x)\n      7         x = self.a(x)\n"
            "----> 8         return self.b(x)\n",
            8,
        ),
        ("Cell In[12], line 5, in forward(x)\n      3 a\n----> 5 return head(x)\n", 5),
        ('  File "C:\\Users\\li\\train.py", line 9, in <module>\n    net(x)\n', 9),
        ("no frames at all", 0),
    ],
)
def test_frames_of_notebooks_and_windows_are_read(text, place):
    assert place_in(text).line == place


CHECKS = {
    "TW610": "../aten/src/ATen/native/cuda/Indexing.cu:1146: indexSelectLargeIndex: block: [{n},0,0], thread: [0,0,0] "
    "Assertion `srcIndex < srcSelectDimSize` failed.",
    "TW601": "../aten/src/ATen/native/cuda/Loss.cu:240: nll_loss_forward_reduce_cuda_kernel_2d: block: [0,0,0], "
    "thread: [{n},0,0] Assertion `t >= 0 && t < n_classes` failed.",
    "TW605": "../aten/src/ATen/native/cuda/Loss.cu:94: operator(): block: [0,0,0],\nthread: [{n},0,0] "
    "Assertion `input_val >= zero && input_val <= one` failed.",
}


@pytest.mark.parametrize("code", CHECKS)
def test_what_cuda_printed_before_the_traceback_comes_first(code):
    printed = "\n".join(CHECKS[code].format(n=n) for n in range(64))
    findings = explain_text(
        printed + "\n" + TRACEBACK.format(error="RuntimeError: CUDA error: device-side assert triggered")
    )
    codes = [finding.code for finding in findings]
    assert codes[0] == code and "TW909" in codes
    assert findings[0].where.line == 31


@pytest.mark.parametrize(("code", "text"), LINES, ids=[f"{code}-{n}" for n, (code, _) in enumerate(LINES)])
def test_line_breaks_at_any_blank_change_nothing(code, text):
    kind, blank, words = text.partition(" ")
    broken = kind + blank + words.replace(" ", "\n")
    assert code in [finding.code for finding in explain_text(broken)]


@pytest.mark.parametrize(("code", "text"), LINES, ids=[f"{code}-{n}" for n, (code, _) in enumerate(LINES)])
def test_no_field_is_left_unfilled(code, text):
    for finding in explain_text(text):
        assert not any(re.search(r"\{\w+\}", str(words)) for words in (finding.what, finding.why, finding.fix))


def test_a_long_log_is_explained_by_the_error_at_its_end():
    log = "epoch 1 step 17 loss 0.6931\n" * 50_000 + "IndexError: index out of range in self\n"
    assert [finding.code for finding in explain_text(log)][:1] == ["TW610"]
