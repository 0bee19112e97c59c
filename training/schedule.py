"""How long, how fast, and with how much variation a network is trained."""

from __future__ import annotations

from typing import NamedTuple


class Schedule(NamedTuple):
    """How long and how fast to train.

    The learning rate of AdamW warms up over one epoch, then decays to zero (cosine).
    """

    epochs: int
    passes: int  # over each epoch, in different order
    most: int | None  # samples per epoch, of those that `TrainingData.epoch` names
    rate: float  # the learning rate at its peak


# From scratch there are two passes, since generating an epoch's images takes as long as training on them.
FROM_SCRATCH = Schedule(16, 2, None, 2.5e-3)
CONTINUED = Schedule(16, 1, 60_000, 1e-3)
MILD_SHARE, MILD = 0.4, 0.5  # the last 40 % of the epochs vary half as much, closer to what people really draw
