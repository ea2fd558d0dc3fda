"""The script's last section: the loops of training, validation and test."""

from torchwise.runs.eject.facts import Facts
from torchwise.runs.eject.literals import comment, docstring, noted, quoted
from torchwise.runs.run import PREDICT_BATCH
from torchwise.texts import tr
from torchwise.train.loop import needs_closure


def loop_blocks(facts: Facts) -> list[list[str]]:
    """The blocks from the first epoch to the last prediction."""
    return [_training(facts), *_answering(facts), *_testing(facts), *_predicting(facts)]


def _moved(facts: Facts) -> tuple[str, str, str]:
    """A batch as it is unpacked, moved to the device, and handed to the model."""
    names = [*facts.batch_names, "targets"]
    inputs = ", ".join(facts.batch_names)
    return ", ".join(names), ", ".join(f"{name}.to(device)" for name in names), inputs


def _scale(facts: Facts) -> str:
    """What turns a loss on standardised targets into the target's unit."""
    return {0: "", 1: " * target_std", 2: " * target_std**2"}[facts.setup.unit.power]


def _training(facts: Facts) -> list[str]:
    """The loop over epochs."""
    options = facts.options
    shown = tr(
        "epoch {epoch}  train {train}  valid {valid}", epoch="{epoch}", train="{train_loss}", valid="{valid_loss}"
    )
    best = tr("best epoch: {epoch}  valid {valid}", epoch="{best_epoch}", valid="{best_loss}")
    patience = [
        noted(f"    if epoch - best_epoch >= {options.patience}:", tr("it gets no better")),
        "        break",
    ]
    last = facts.last_epoch
    cut = [noted(f"    if epoch == {last}:", tr("here the run was stopped")), "        break"]
    return [
        comment(tr("Train and validate in turn.")),
        noted("torch.manual_seed(SEED)", tr("of shuffling and dropout")),
        'best_loss, best_epoch = float("inf"), 0',
        "for epoch in range(1, EPOCHS + 1):",
        *_train_loop(facts),
        "",
        *_valid_loop(facts),
        "",
        *_schedule(facts),
        f'    print(f"{shown}")',
        "    if valid_loss < best_loss:",
        "        best_loss, best_epoch = valid_loss, epoch",
        f"        torch.save(model.state_dict(), FOLDER / {quoted(f'{facts.stem}.pt')})",
        *(cut if last is not None else []),
        *(patience if options.patience else []),
        f'print(f"{best}")',
    ]


def _train_loop(facts: Facts) -> list[str]:
    """The inner loop over the train batches."""
    names, moved, inputs = _moved(facts)
    clip = [] if facts.options.clip is None else [
        f"nn.utils.clip_grad_norm_(model.parameters(), {facts.options.clip!r})"
    ]  # fmt: skip
    gradients = ["optimizer.zero_grad()", f"loss = criterion(model({inputs}), targets)", "loss.backward()", *clip]
    if needs_closure(facts.setup.optimizer):
        function = [*(f"    {line}" for line in gradients), "    return loss", ""]
        step = ["", "def gradients():", *function, "loss = optimizer.step(gradients)"]
    else:
        step = [*gradients, "optimizer.step()"]
    if facts.options.schedule == "OneCycleLR":
        step.append("scheduler.step()")
    mean = f"    train_loss = total / len(train_data){_scale(facts)}"
    return [
        "    model.train()",
        "    total = 0.0",
        f"    for {names} in train_loader:",
        f"        {names} = {moved}",
        *(f"        {line}" if line else "" for line in step),
        "        total += loss.item() * len(targets)",
        noted(mean, tr("in the unit of the target")) if _scale(facts) else mean,
    ]


def _valid_loop(facts: Facts) -> list[str]:
    """The inner loop over the valid batches."""
    names, moved, inputs = _moved(facts)
    return [
        "    model.eval()",
        "    total = 0.0",
        "    with torch.no_grad():",
        f"        for {names} in valid_loader:",
        f"            {names} = {moved}",
        f"            total += criterion(model({inputs}), targets).item() * len(targets)",
        f"    valid_loss = total / len(valid_data){_scale(facts)}",
    ]


def _schedule(facts: Facts) -> list[str]:
    """The step of a schedule that goes by epochs."""
    if facts.options.schedule in ("none", "OneCycleLR"):
        return []
    return [f"    scheduler.step({'valid_loss' if facts.options.schedule == 'ReduceLROnPlateau' else ''})"]


def _answering(facts: Facts) -> list[list[str]]:
    """The best weights again, and what they predict; a function of it where rows without a target follow."""
    if "test" not in facts.plan.parts and facts.plan.unlabelled is None:
        return []
    loading = [
        comment(tr("Test once, with the best weights.")),
        f"model.load_state_dict(torch.load(FOLDER / {quoted(f'{facts.stem}.pt')}, weights_only=True))",
    ]
    if facts.plan.unlabelled is None:
        return [[*loading, *_test_loop(facts, "TableData(test_rows)"), *_answers(facts, "predictions = ")]]
    body = [*_test_loop(facts, "data"), *_answers(facts, "return ")]
    said = tr("The predicted numbers.") if facts.task == "regression" else tr("The probabilities of the classes.")
    return [["def predict(data):", docstring(said), *(f"    {line}" for line in body)], loading]


def _test_loop(facts: Facts, data: str) -> list[str]:
    """The loop that predicts; the targets of a batch are not looked at."""
    inputs = ", ".join(f"{name}.to(device)" for name in facts.batch_names)
    return [
        "model.eval()",
        "outputs = []",
        "with torch.no_grad():",
        f"    for {', '.join([*facts.batch_names, '_'])} in DataLoader({data}, batch_size={PREDICT_BATCH}):",
        f"        outputs.append(model({inputs}).cpu())",
    ]


def _answers(facts: Facts, start: str) -> list[str]:
    """What a person reads of the outputs: numbers in the target's unit, or probabilities."""
    outputs = "torch.cat(outputs).double()"
    if facts.has_one_logit:
        return [f"yes = {outputs}.sigmoid()", f"{start}torch.stack([1 - yes, yes], dim=1)"]
    if facts.task != "regression":
        return [f"{start}{outputs}.softmax(dim=1)"]
    return [f"{start}{outputs}{' * target_std + target_mean' if facts.is_scaled else ''}"]


def _testing(facts: Facts) -> list[list[str]]:
    """The metrics on the test rows."""
    if "test" not in facts.plan.parts:
        return []
    found = [] if facts.plan.unlabelled is None else ["predictions = predict(TableData(test_rows))"]
    found.append("targets = targets_of(test_rows)")
    if facts.task == "regression":
        found += [
            "errors, spread = predictions - targets, targets.double() - targets.double().mean()",
            "rmse, mae = errors.square().mean().sqrt().item(), errors.abs().mean().item()",
            "r2 = 1 - (errors.square().sum() / spread.square().sum()).item()",
            'print(f"test  rmse {rmse}  mae {mae}  r2 {r2}")',
        ]
        return [found]
    found += [
        "chosen = predictions.argmax(dim=1)",
        "accuracy = (chosen == targets).double().mean().item()",
        "log_loss = nn.functional.nll_loss(predictions.clamp(min=1e-15).log(), targets).item()",
    ]
    if facts.task == "binary":
        said = comment(tr("how often a row of the second class gets the higher probability"))
        found += [
            said,
            "no, yes = predictions[targets == 0, 1].sort().values, predictions[targets == 1, 1]",
            "below = torch.searchsorted(no, yes) + torch.searchsorted(no, yes, right=True)",
            "auroc = (below.double().mean() / 2 / len(no)).item()",
            'print(f"test  accuracy {accuracy}  auroc {auroc}  log_loss {log_loss}")',
        ]
    else:
        found += [
            "one_hot = nn.functional.one_hot",
            "given, wanted = one_hot(chosen, len(CLASSES)), one_hot(targets, len(CLASSES))",
            "hits, counts = (given * wanted).sum(dim=0), (given + wanted).sum(dim=0)",
            "f1_macro = (2 * hits / counts)[counts > 0].mean().item()",
            'print(f"test  accuracy {accuracy}  f1_macro {f1_macro}  log_loss {log_loss}")',
        ]
    return [found]


def _predicting(facts: Facts) -> list[list[str]]:
    """The predictions for rows without a target, written to a file."""
    if facts.plan.unlabelled is None:
        return []
    answers = "answers.tolist()" if facts.task == "regression" else "[CLASSES[i] for i in answers.argmax(dim=1)]"
    return [
        [
            comment(tr("Predict the rows that have no target.")),
            "answers = predict(TableData(new_rows))",
            f"answers = {answers}",
            f"path = FOLDER / {quoted(f'{facts.stem}-predictions.csv')}",
            'with open(path, "w", encoding="utf-8", newline="") as file:',
            '    csv.writer(file).writerows([["row", TARGET], *enumerate(answers)])',
        ]
    ]
