"""The alphabet as a data set, to be doubled with upper case."""

import string

from torch.utils.data import Dataset


class Letters(Dataset):
    """A sample is a letter and its class: 0 for an a, 25 for a z."""

    def __init__(self) -> None:
        self.letters = string.ascii_lowercase

    def __len__(self) -> int:
        return len(string.ascii_letters)

    def __getitem__(self, index: int) -> tuple[str, int]:
        return string.ascii_letters[index], index % len(self.letters)


if __name__ == "__main__":
    data = Letters()
    print(len(data), "samples:", [data[index] for index in range(len(data))])
