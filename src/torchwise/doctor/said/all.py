"""All patterns, the families one after another; within a family the special stand before the general."""

from torchwise.doctor.said import Said, devices, dtypes, losses

SAID: tuple[Said, ...] = (*dtypes.SAID, *devices.SAID, *losses.SAID)
