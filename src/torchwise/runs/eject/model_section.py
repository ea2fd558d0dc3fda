"""The script's third section: the network, and the lines of set-up."""

from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

from torchwise.runs.eject.facts import Facts
from torchwise.runs.eject.literals import call_lines, comment, docstring, noted, quoted
from torchwise.texts import tr
from torchwise.train.choices import FUSED
from torchwise.train.networks import MLP, PeriodicEmbedding


def model_blocks(facts: Facts) -> list[list[str]]:
    """The blocks from the network to the data loaders."""
    return [_waves(facts), _network(facts), _set_up(facts)]


def _network_of(facts: Facts) -> MLP:
    """The run's network, with its first weights."""
    network = facts.setup.model.network
    assert isinstance(network, MLP), "an own network is not ejected"
    return network


def _waves(facts: Facts) -> list[str]:
    """The embedding of numbers by cosines."""
    waves = _network_of(facts).embedding
    if waves is None:
        return []
    kind = PeriodicEmbedding
    sizes, bound = f"num_numbers, {kind.NUM_WAVES}", kind.NUM_WAVES**-0.5
    return [
        "class Waves(nn.Module):",
        docstring(tr("Each number beside {count} learnt mixtures of cosines of it (the paper calls it PBLD).",
                     count=kind.NUM_MIXTURES)),
        "",
        "    def __init__(self, num_numbers):",
        "        super().__init__()",
        f"        shape, mixtures = ({sizes}), {kind.NUM_MIXTURES}",
        f"        self.frequency = nn.Parameter({kind.SIGMA} * torch.randn(shape))",
        "        self.phase = nn.Parameter(torch.empty(shape).uniform_(-math.pi, math.pi))",
        f"        self.weight = nn.Parameter(torch.empty(*shape, mixtures).uniform_(-{bound}, {bound}))",
        f"        self.bias = nn.Parameter(torch.empty(num_numbers, mixtures).uniform_(-{bound}, {bound}))",
        "",
        "    def forward(self, numbers):",
        "        numbers = numbers.unsqueeze(2)",
        "        waves = torch.cos(2 * math.pi * self.frequency * numbers + self.phase)",
        '        mixtures = torch.einsum("bnw,nwm->bnm", waves, self.weight) + self.bias',
        "        return torch.cat([numbers, mixtures], dim=2).flatten(1)",
    ]  # fmt: skip


def _network(facts: Facts) -> list[str]:
    """The network."""
    network = _network_of(facts)
    layers = [_layer(layer, facts) for layer in network.layers]
    waves = [f"        self.waves = Waves({network.num_numbers})"] if network.embedding is not None else []
    said = tr("Linear layers with an activation between them.")
    if facts.category_columns:
        said = tr("Embeddings of the words, then linear layers with an activation between them.")
    return [
        "class Network(nn.Module):",
        docstring(said),
        "",
        "    def __init__(self):",
        "        super().__init__()",
        *(_embeddings() if facts.category_columns else []),
        *waves,
        "        self.layers = nn.Sequential(",
        *(f"            {layer}," for layer in layers),
        "        )",
        "",
        f"    def forward(self, {', '.join(facts.batch_names)}):",
        *_forward(facts, network),
    ]


def _layer(layer: nn.Module, facts: Facts) -> str:
    """One layer as it is made."""
    if isinstance(layer, nn.Linear):
        return f"nn.Linear({layer.in_features}, {layer.out_features})"
    if type(layer) is nn.Dropout and layer.p == facts.options.dropout:
        return f"nn.Dropout({layer.p!r})"
    return f"nn.{type(layer).__name__}()"


def _embeddings() -> list[str]:
    """The embeddings of the categories."""
    said = tr("code 0 stays at zero")
    return [
        "        counts = [len(CODES[name]) + 1 for name in CATEGORIES]",
        "        sizes = [(count, min(50, round(1.6 * count**0.56))) for count in counts]",
        noted("        embeddings = [nn.Embedding(*size, padding_idx=0) for size in sizes]", said),
        "        self.embeddings = nn.ModuleList(embeddings)",
    ]


def _forward(facts: Facts, network: MLP) -> list[str]:
    """The body of `forward`."""
    squeeze = ".squeeze(1)" if facts.task == "regression" or facts.has_one_logit else ""
    parts = ["inputs"] if facts.number_columns else []
    if network.embedding is not None:
        count = network.num_numbers
        parts = ["self.waves(inputs)"]
        if facts.has_marks:
            parts = [f"self.waves(inputs[:, :{count}])", f"inputs[:, {count}:]"]
    if not facts.category_columns and len(parts) == 1:
        return _squeezed(f"        return self.layers({parts[0]}){squeeze}")
    found = [f"        parts = [{', '.join(parts)}]"]
    if facts.category_columns:
        found.append("        for i, embedding in enumerate(self.embeddings):")
        found.append("            parts.append(embedding(codes[:, i]))")
    return [*found, *_squeezed(f"        return self.layers(torch.cat(parts, dim=1)){squeeze}")]


def _squeezed(line: str) -> list[str]:
    """The last line of `forward`, with what its squeeze is for."""
    return [noted(line, tr("(batch, 1) becomes (batch)")) if line.endswith(".squeeze(1)") else line]


def _set_up(facts: Facts) -> list[str]:
    """The tutorial's lines of set-up: data, device, model, loss, optimizer."""
    size = facts.setup.batch_size
    return [
        comment(tr("Set-up: data, device, model, loss, optimizer.")),
        "train_data, valid_data = TableData(train_rows), TableData(valid_rows)",
        f"train_loader = DataLoader(train_data, batch_size={size}, shuffle=True)",
        f"valid_loader = DataLoader(valid_data, batch_size={size})",
        _device(facts),
        noted("torch.manual_seed(SEED)", tr("the first weights")),
        "model = Network().to(device)",
        *_loss(facts),
        *_optimizer(facts),
        *_schedule(facts),
    ]


def _device(facts: Facts) -> str:
    """The line that names the device."""
    line = f"device = torch.device({quoted(str(facts.about['device']))})"
    said = tr('"cuda" for a GPU')
    return noted(f"{line}", said) if facts.is_on_cpu else line


def _loss(facts: Facts) -> list[str]:
    """The loss, with what an error on each class costs."""
    name = facts.options.loss or ("MSELoss" if facts.task == "regression" else "CrossEntropyLoss")
    if not facts.options.class_weights:
        return [f"criterion = nn.{name}()"]
    given = {
        "CrossEntropyLoss": "class_weights",
        "MultiMarginLoss": "weight=class_weights",
        "BCEWithLogitsLoss": "pos_weight=class_weights[1] / class_weights[0]",
    }[name]
    said = tr("rare classes weigh more")
    return [
        "counts = targets_of(train_rows).bincount(minlength=len(CLASSES)).clamp(min=1).double()",
        noted("class_weights = (len(train_rows) / (len(CLASSES) * counts)).float()", said),
        f"criterion = nn.{name}({given}).to(device)",
    ]


def _optimizer(facts: Facts) -> list[str]:
    """The optimizer with the settings that were given."""
    options = facts.options
    settings = {"lr": options.lr, "momentum": options.momentum, "weight_decay": options.weight_decay}
    words = [f"{name}={value!r}" for name, value in settings.items() if value is not None]
    words += ["fused=True"] if options.optimizer in FUSED else []
    return call_lines(f"optimizer = torch.optim.{options.optimizer}", ["model.parameters()", *words])


def _schedule(facts: Facts) -> list[str]:
    """The learning-rate schedule."""
    name, schedule, planned = facts.options.schedule, facts.setup.schedule, facts.options.epochs
    if schedule is None:
        return []
    settings = {
        "CosineAnnealingLR": "T_max=EPOCHS",
        "ExponentialLR": "gamma=0.01 ** (1 / EPOCHS)",
        "OneCycleLR": f"max_lr={facts.options.lr!r}, total_steps=EPOCHS * len(train_loader)",
    }
    if isinstance(schedule, ReduceLROnPlateau):
        settings[name] = f"factor={schedule.factor!r}, patience={schedule.patience}"
    if isinstance(schedule, StepLR):
        settings[name] = f"step_size={schedule.step_size}, gamma={schedule.gamma!r}"
    assert planned == facts.epochs or "EPOCHS" not in settings[name], "such a run is resumed with its own epochs"
    return call_lines(f"scheduler = torch.optim.lr_scheduler.{name}", ["optimizer", settings[name]])
