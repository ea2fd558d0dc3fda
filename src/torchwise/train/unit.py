"""The scale between a standardised target and the target's own unit."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Unit:
    """The scale between a standardised target and the target's own unit.

    value = standardised * std + mean; a loss in the target's unit = loss * std ** power.
    """

    mean: float = 0.0
    std: float = 1.0
    power: int = 0

    @property
    def loss_scale(self) -> float:
        """What one point of the training loss is in the target's unit."""
        return float(self.std**self.power)
