"""Time goes on in one case; a batch dimension comes first in the other."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for channels, times in ((2, (3, 3)), (1, (2, 4)), (3, (3, 1, random.randrange(2, 5)))):
        pieces = [torch.randint(-9, 10, (channels, time)).float() for time in times]
        mistakes = {"backwards": torch.cat(pieces[::-1], dim=1)}
        if len(set(times)) == 1:
            mistakes |= {"channels_joined": torch.cat(pieces), "piled": torch.stack(pieces), "mixed": sum(pieces)}
        check(answer.one_recording(list(pieces)), torch.cat(pieces, dim=1), "one_recording(pieces)", pieces, mistakes)
    for count, channels, time in ((2, 2, 3), (3, 2, 4), (random.randrange(4, 7), 1, 2)):
        pieces = [torch.randint(-9, 10, (channels, time)).float() for _ in range(count)]
        mistakes = {
            "no_batch_dim": torch.cat(pieces),
            "one_long": torch.cat(pieces, dim=1),
            "batch_second": torch.stack(pieces, dim=1),
        }
        check(answer.batch_of(list(pieces)), torch.stack(pieces), "batch_of(recordings)", pieces, mistakes)


def check(actual, expected, called, pieces, mistakes):
    given = {f"{called[called.index('(') + 1 : -1]}[{place}]": piece for place, piece in enumerate(pieces[:3])}
    grade.tensor(actual, expected, called, given=given, mistakes=mistakes)
