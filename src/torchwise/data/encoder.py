"""The preprocessing as a module: it travels inside the model, so a saved run predicts from raw columns."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Encoder(nn.Module):
    """Fills missing numbers and marks them, standardises by the training rows, and embeds categories.

    num_codes: one entry a column of the raw tensor: 0 for a number, else the number of codes of a category,
        code 0 (unknown or missing) included.
    marked: whether the column gets an indicator of missing values (it had some in the training rows).
    """

    fill: Tensor
    mean: Tensor
    std: Tensor
    numbers: Tensor
    marks: Tensor

    def __init__(self, num_codes: Sequence[int], marked: Sequence[bool]) -> None:
        super().__init__()
        number_slots = [slot for slot, codes in enumerate(num_codes) if codes == 0]
        self.category_slots = [slot for slot, codes in enumerate(num_codes) if codes > 0]
        self.register_buffer("numbers", torch.tensor(number_slots, dtype=torch.int64), persistent=False)
        marks = [position for position, slot in enumerate(number_slots) if marked[slot]]
        self.register_buffer("marks", torch.tensor(marks, dtype=torch.int64), persistent=False)
        for name, value in (("fill", 0.0), ("mean", 0.0), ("std", 1.0)):
            self.register_buffer(name, torch.full((len(number_slots),), value))
        embeddings = [_embedding(num_codes[slot]) for slot in self.category_slots]
        self.embeddings = nn.ModuleList(embeddings)
        self.num_outputs = len(number_slots) + len(marks) + sum(embedding.embedding_dim for embedding in embeddings)

    @torch.no_grad()
    def learn(self, inputs: Tensor, *, standardise: bool = True) -> None:
        """Take the column statistics from training rows.

        inputs: (rows, columns), float32, missing = NaN. The statistics are computed in float64 and cast once.
        A column that is constant in these rows keeps a standard deviation of 1. With `standardise=False`
        only the fill value is learnt, and numbers pass as they are.
        """
        numbers = inputs[:, self.numbers].double()
        mean = numbers.nanmean(dim=0).nan_to_num()  # a column with no value at all is filled with 0
        self.fill.copy_(mean)
        if standardise:
            centred = torch.where(numbers.isnan(), 0.0, numbers - mean)
            count = (~numbers.isnan()).sum(dim=0).clamp(min=1)
            std = (centred.square().sum(dim=0) / count).sqrt()
            # A constant column's deviation is rounding error, not scale.
            self.mean.copy_(mean)
            self.std.copy_(torch.where(std > 1e-7 * mean.abs().clamp(min=1e-30), std, 1.0))

    def forward(self, inputs: Tensor) -> Tensor:
        """The encoded rows.

        inputs: (batch, columns), float32, missing = NaN, categories as codes.
        Returns (batch, num_outputs), float32.
        """
        numbers = inputs[:, self.numbers]
        missing = numbers.isnan()
        parts = [(torch.where(missing, self.fill, numbers) - self.mean) / self.std]
        if len(self.marks):
            parts.append(missing[:, self.marks].to(inputs.dtype))
        for slot, embedding in zip(self.category_slots, self.embeddings, strict=True):
            parts.append(embedding(inputs[:, slot].long()))
        return torch.cat(parts, dim=1)


def _embedding(num_codes: int) -> nn.Embedding:
    """An embedding whose slot 0, the unknown category, stays at zero."""
    return nn.Embedding(num_codes, min(50, round(1.6 * num_codes**0.56)), padding_idx=0)
