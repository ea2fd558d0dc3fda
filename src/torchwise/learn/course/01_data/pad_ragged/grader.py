"""Each word begins at the left, zeros follow, and its own length is told."""

import random

import torch
from torch.nn.utils.rnn import pad_sequence

from torchwise.learn import grade


def graded(answer):
    for lengths in ([2, 4, 1], [3, 3], random.sample(range(1, 9), 5), [6]):
        samples = [(torch.randint(1, 27, (length,)), random.randrange(2, 5)) for length in lengths]
        words, labels = [tokens for tokens, _ in samples], [label for _, label in samples]
        given = {f"samples[{number}]": sample for number, sample in enumerate(samples[:3])}
        parts = answer.pad(samples)
        if parts is None or parts is ...:
            grade.equal(parts, (), "pad(samples)", given=given)
        is_three = isinstance(parts, tuple | list) and len(parts) == 3
        grade.require(is_three, "not_three", "pad(samples)", given=given, actual=parts, expected="tokens, lengths, labels")
        right, longest = pad_sequence(words, batch_first=True), max(lengths)
        mistakes = {
            "cut": right[:, : min(lengths)],
            "in_front": torch.stack([row.roll(longest - length) for row, length in zip(right, lengths, strict=True)]),
            "time_first": right.T,
            "end_to_end": torch.cat(words),
        }
        grade.tensor(parts[0], right, "pad(samples)[0]", given=given, mistakes=mistakes)
        mistakes = {"padded_lengths": torch.full((len(lengths),), longest)}
        grade.tensor(parts[1], torch.tensor(lengths), "pad(samples)[1]", given=given, mistakes=mistakes)
        grade.tensor(parts[2], torch.tensor(labels), "pad(samples)[2]", given=given)
