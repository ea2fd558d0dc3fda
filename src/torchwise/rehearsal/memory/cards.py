"""How much memory real cards have, in bytes: their makers give GB, which for these cards are GiB."""

import difflib

# Compared in November 2026 with tables and reports of others (Lambda's and Modal's lists of GPUs, FauxPilot's of cards that
# were tried), not with NVIDIA's own pages: RTX 2080, 3060 Ti, 3070, 3080, 3090, 4060, 4070, 4080, 4090, T4, V100, L4, A10G,
# A100, H100. The others are from memory. V100 and A100 are sold with twice as much too. What the driver leaves is a little
# less: of a T4 of 16 GB PyTorch saw 14.76 GiB (the tutorial), of an A100 of 40 GB 39.4 GiB.
GIB = 2**30
CARDS: dict[str, int] = {
    "GTX 1060": 6 * GIB, "GTX 1080 Ti": 11 * GIB, "GTX 1650": 4 * GIB, "GTX 1660 Ti": 6 * GIB,
    "RTX 2060": 6 * GIB, "RTX 2070": 8 * GIB, "RTX 2080": 8 * GIB, "RTX 2080 Ti": 11 * GIB,
    "RTX 3050": 8 * GIB, "RTX 3060": 12 * GIB, "RTX 3060 Ti": 8 * GIB, "RTX 3070": 8 * GIB, "RTX 3080": 10 * GIB,
    "RTX 3090": 24 * GIB, "RTX 4050 Laptop": 6 * GIB, "RTX 4060": 8 * GIB, "RTX 4060 Laptop": 8 * GIB,
    "RTX 4060 Ti": 8 * GIB, "RTX 4070": 12 * GIB, "RTX 4080": 16 * GIB, "RTX 4090": 24 * GIB,
    "RTX 5060": 8 * GIB, "RTX 5070": 12 * GIB, "RTX 5080": 16 * GIB, "RTX 5090": 32 * GIB,
    "T4": int(14.76 * GIB), "P100": 16 * GIB, "V100": 16 * GIB, "L4": 24 * GIB, "A10G": 24 * GIB, "L40S": 48 * GIB,
    "A100": 40 * GIB, "H100": 80 * GIB,
}  # fmt: skip


def card_of(name: str) -> tuple[str, int] | None:
    """A card's own name and its bytes by a name however it is written ("rtx4060"); None for an unknown one."""
    wanted = _plain(name)
    return next(((card, size) for card, size in CARDS.items() if _plain(card) == wanted), None)


def close_card(name: str) -> str | None:
    """The card that was probably meant."""
    plain = {_plain(card): card for card in CARDS}
    near = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=0.6)
    return plain[near[0]] if near else None


def _plain(name: str) -> str:
    plain = "".join(name.lower().split()).replace("-", "")
    for maker in ("nvidia", "tesla", "geforce"):
        plain = plain.removeprefix(maker)
    return plain
