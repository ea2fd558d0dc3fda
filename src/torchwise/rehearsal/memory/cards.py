"""How much memory real cards have, in bytes: NVIDIA's product pages give GB, which for these cards are GiB."""

# Source: the specifications on nvidia.com (geforce/graphics-cards, data-center), written down from memory of them
# in 2026 without looking them up again; a T4 of 16 GB gave PyTorch 14.76 GiB in the tutorial (ECC takes its part).
GIB = 2**30
CARDS: dict[str, int] = {
    "RTX 3050": 8 * GIB, "RTX 3060": 12 * GIB, "RTX 3070": 8 * GIB, "RTX 3080": 10 * GIB, "RTX 3090": 24 * GIB,
    "RTX 4050 Laptop": 6 * GIB, "RTX 4060": 8 * GIB, "RTX 4060 Ti": 8 * GIB, "RTX 4070": 12 * GIB,
    "RTX 4080": 16 * GIB, "RTX 4090": 24 * GIB, "RTX 5060": 8 * GIB, "RTX 5070": 12 * GIB, "RTX 5080": 16 * GIB,
    "RTX 5090": 32 * GIB, "GTX 1060": 6 * GIB, "GTX 1080 Ti": 11 * GIB, "RTX 2080 Ti": 11 * GIB,
    "T4": int(14.76 * GIB), "V100": 16 * GIB, "L4": 24 * GIB, "A10G": 24 * GIB, "A100": 40 * GIB, "H100": 80 * GIB,
}  # fmt: skip


def card_bytes(name: str) -> int | None:
    """The bytes of a card by its name, however it is written ("rtx4060"); None for an unknown one."""
    wanted = _plain(name)
    return next((size for card, size in CARDS.items() if _plain(card) == wanted), None)


def _plain(name: str) -> str:
    plain = "".join(name.lower().split()).replace("-", "")
    return plain.removeprefix("nvidia").removeprefix("tesla").removeprefix("geforce")
