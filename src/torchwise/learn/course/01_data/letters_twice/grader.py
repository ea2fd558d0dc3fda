"""The second half is the first one in upper case, with the same classes."""

import random
import string

from torchwise.learn import grade


def graded(answer):
    data = answer.Letters()
    half = string.ascii_lowercase
    grade.equal(data.__len__(), 52, "data.__len__()", mistakes={"still_26": 26})
    for index in (25, 0, 51, 26, *random.sample(range(1, 25), 3), *random.sample(range(27, 51), 3)):
        called, place = f"data.__getitem__({index})", index % 26
        sample = data[index]
        expected = half[place].upper() if index >= 26 else half[place], place
        mistakes = {
            "class_first": expected[::-1],
            "alternating": ((half.upper() if index % 2 else half)[index // 2], index // 2),
        }
        if index >= 26:
            mistakes["new_classes"] = expected[0], index
            mistakes["off_by_one" if index == 26 and was_upper else "same_again"] = half[place], place
        grade.equal(sample, expected, called, mistakes=mistakes)
        was_upper = isinstance(sample, tuple) and str(sample[0]).isupper()
