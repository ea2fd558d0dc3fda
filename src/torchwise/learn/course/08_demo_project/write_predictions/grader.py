"""The file has the header, the ids that were given, and the model's numbers in eval mode."""

import csv
import tempfile
from pathlib import Path

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    for rows in (4, 6):
        model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1), nn.Flatten(0))
        x = torch.randn(rows, 3)
        ids = (torch.randperm(90)[:rows] + 100).tolist()
        with torch.no_grad():
            right = model.eval()(x)
        model.train()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "predictions.csv"
            answer.write_predictions(model, ids, x, str(path))
            grade.require(path.exists(), "no_file", "write_predictions(model, ids, x, path)", expected="a file")
            with path.open(encoding="utf-8", newline="") as file:
                lines = list(csv.reader(file))
        called = "the file"
        grade.require(lines and lines[0] == ["id", "tested_positive"], "no_header", called, actual=lines[:1], expected=[["id", "tested_positive"]])
        grade.equal(len(lines), rows + 1, "the number of lines")
        grade.require([line[0] for line in lines[1:]] == list(map(str, ids)), "own_ids", called, actual=lines[1:4], expected=f"the ids {ids[:3]}")
        grade.require(not any("tensor" in line[1] for line in lines[1:]), "no_numbers", called, actual=lines[1][1], expected=f"{right[0].item():.6f}")
        values = torch.tensor([float(line[1]) for line in lines[1:]])
        grade.require(torch.allclose(values, right, atol=1e-3), "other_numbers", called, actual=values, expected=right)
