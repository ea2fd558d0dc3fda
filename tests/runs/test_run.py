"""Run folders: what is saved is what is loaded; nothing is unpickled; damage is a Problem."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.utils.data import TensorDataset

import torchwise as tw


class Wide(nn.Module):
    """An own network for tables."""

    def __init__(self, num_inputs, num_outputs):
        super().__init__()
        self.layer = nn.Linear(num_inputs, num_outputs)

    def forward(self, inputs):
        return self.layer(inputs)


@pytest.fixture
def frame():
    generator = np.random.default_rng(0)
    colour = generator.choice(["red", "green", "blue"], 120)
    size = generator.normal(50, 10, 120)
    weight = generator.normal(5, 1, 120)
    price = size * 2 + (colour == "red") * 30 + weight
    size[::9] = np.nan
    return pd.DataFrame({"colour": colour, "size": size, "weight": weight, "price": price})


def trained(frame, **settings):
    own = {"hidden": (8,)} if "model" not in settings else {}
    setup = tw.prepare(frame, target="price", device="cpu", **own, **settings)
    list(tw.fit(setup, epochs=3))
    return setup


def test_a_saved_table_run_predicts_what_the_setup_predicts(frame, tmp_path):
    setup = trained(frame)
    run = tw.load(tw.save(setup, tmp_path / "run"))
    expected = tw.predict(setup, frame)
    assert torch.equal(run.predict(frame), expected)
    assert expected.shape == (120,)
    assert expected.dtype == torch.float64
    assert 100 < float(expected.mean()) < 150  # in the target's unit


def test_columns_may_stand_in_any_order_and_others_may_be_there(frame, tmp_path):
    run = tw.load(tw.save(trained(frame), tmp_path / "run"))
    shuffled = frame[["weight", "price", "colour", "size"]].assign(extra=1)
    assert torch.equal(run.predict(shuffled), run.predict(frame))


def test_missing_columns_are_named_together(frame, tmp_path):
    run = tw.load(tw.save(trained(frame), tmp_path / "run"))
    with pytest.raises(tw.Problem) as caught:
        run.predict(frame[["weight"]])
    assert "colour" in str(caught.value)
    assert "size" in str(caught.value)


def test_an_unknown_category_is_predicted_by_its_own_slot(frame, tmp_path):
    run = tw.load(tw.save(trained(frame), tmp_path / "run"))
    unknown = frame.head(2).assign(colour=["purple", None])
    first, second = run.predict(unknown.assign(size=50.0, weight=5.0)).tolist()
    assert first == second


def test_metrics_of_a_saved_run_are_those_of_the_setup(frame, tmp_path):
    setup = trained(frame)
    found = tw.load(tw.save(setup, tmp_path / "run")).test(frame)
    assert found == pytest.approx({name: tw.evaluate(setup, frame)[name] for name in ("rmse", "mae", "r2")}, rel=1e-6)


def test_the_preprocessing_travels_in_the_state_dict(frame, tmp_path):
    setup = trained(frame)
    weights = load_file(tw.save(setup, tmp_path / "run") / "best.safetensors")
    train = setup.plan.parts["train"].taken().columns.to_pandas()
    mean = train[["size", "weight"]].mean().to_numpy()
    assert weights["encoder.mean"].numpy() == pytest.approx(mean, rel=1e-6)
    assert float(weights["target_mean"]) == pytest.approx(train["price"].mean(), rel=1e-6)


def test_an_own_network_must_be_given_again(frame, tmp_path):
    setup = trained(frame, model=Wide)
    folder = tw.save(setup, tmp_path / "run")
    with pytest.raises(tw.Problem, match=r"your own test_run\.py:Wide") as caught:
        tw.load(folder)
    assert "--model test_run.py:Wide" in caught.value.fix
    assert torch.equal(tw.load(folder, model=Wide).predict(frame), tw.predict(setup, frame))


def test_an_own_network_of_the_wrong_shape_is_a_problem(frame):
    with pytest.raises(tw.Problem, match=r"turns \(2, 6\) into \(2, 7\)"):
        tw.prepare(frame, target="price", model=lambda num_inputs, num_outputs: nn.Linear(num_inputs, 7))


def test_plain_parts_are_saved_with_tied_weights_and_loaded_into_the_users_module(tmp_path):
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(3, 3)
            self.second = nn.Linear(3, 3)
            self.second.weight = self.first.weight

        def forward(self, inputs):
            return self.second(self.first(inputs)).sum(dim=1)

    model = Tied()
    data = TensorDataset(torch.randn(8, 3), torch.zeros(8))
    setup = tw.Setup(
        model=model, loss=nn.MSELoss(), optimizer=torch.optim.SGD(model.parameters(), lr=0.1), train=data, device="cpu"
    )
    list(tw.fit(setup, epochs=1))
    folder = tw.save(setup, tmp_path / "run")
    run = tw.load(folder, model=Tied)
    assert torch.equal(run.model.first.weight, model.first.weight)
    with pytest.raises(tw.Problem, match="trained from a recipe"):
        run.predict("builtin:wine")
    with pytest.raises(tw.Problem, match="your own model"):
        tw.load(folder)


def test_a_folder_with_files_is_never_written_over(frame, tmp_path):
    setup = trained(frame)
    folder = tw.save(setup, tmp_path / "run")
    before = (folder / "run.json").read_bytes()
    with pytest.raises(tw.Problem, match="not empty"):
        tw.save(setup, folder)
    assert (folder / "run.json").read_bytes() == before


def test_a_folder_that_is_no_run_is_a_problem(tmp_path):
    with pytest.raises(tw.Problem, match="is not a run"):
        tw.load(tmp_path)


class Bomb:
    def __reduce__(self):
        return (open, ("exploded", "w"))


@pytest.mark.parametrize("name", ["run.json", "best.safetensors"])
def test_a_pickle_in_a_run_folder_never_runs(frame, tmp_path, name):
    folder = tw.save(trained(frame), tmp_path / "run")
    (folder / name).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(tw.Problem, match="damaged"):
        tw.load(folder)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "magic"},
        {"format": 99},
        {"settings": None},
        {"settings": {}},
        {"unit": {"mean": "x"}},
        {"schema": {"columns": 3}},
        {"settings": {"hidden": [10**9, 10**9], "drop": [], "keep": [], "activation": "ReLU"}},
    ],
)
def test_a_changed_run_json_is_a_problem(frame, tmp_path, change):
    folder = tw.save(trained(frame), tmp_path / "run")
    about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps(about | change), encoding="utf-8")
    with pytest.raises(tw.Problem):
        tw.load(folder).predict(frame)


def test_run_json_says_how_the_run_was_made(frame, tmp_path):
    about = json.loads((tw.save(trained(frame, seed=5), tmp_path / "run") / "run.json").read_text(encoding="utf-8"))
    assert about["settings"]["seed"] == 5
    assert about["versions"]["torch"] == torch.__version__
    assert about["data"]["rows"] == 120
    assert sum(about["data"]["parts"].values()) == 120
    assert len(about["data"]["sha256"]) == 64
    assert about["threads"] == torch.get_num_threads()
