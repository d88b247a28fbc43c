"""What every kernel of the training step is: another way to compute the same pure function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from torch import Tensor

from lrtui.engine.optim import Rate

Interrupted = Callable[[], bool]


def never() -> bool:
    """Nobody interrupts."""
    return False


class Kernel(Protocol):
    """Trains a `TrainStep`'s state. Kernels agree to rounding, so a run keeps the one it began with.

    Whatever is made for many steps at once, a step comes out the same to the bit, however the steps are cut into calls.
    """

    def train(
        self,
        step: int,
        rates: Sequence[Rate],
        momenta: Sequence[float | None],
        interrupted: Interrupted = never,
    ) -> tuple[Tensor, Tensor]:
        """Train the steps `step` …, one for each of `rates`, or until `interrupted()` after one of them.

        Losses and gradient norms before clipping, a row a step: `[n]` (one lane) or `[n, lanes]`, and `[n, lanes]`.
        """
        ...
