"""What kernels by hand are made of: arrays over the run's memory, and what a model's gradient must offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy
from numpy.typing import NDArray

Floats = NDArray[numpy.float32]
Places = NDArray[numpy.int64]
Named = Mapping[str, Floats]
"""A buffer by parameter, each `[lanes?, …]`: one lane has no axis of its own."""


class Gradient(Protocol):
    """The gradient of one model over parameters and gradients that it was given."""

    def step_bytes(self, width: int) -> int:
        """About what `prepare` makes for one step whose examples have `width` tokens."""
        ...

    def prepare(self, x: Places, y: Places) -> Any:
        """All that depends on the batches alone, for those of many steps: x `[n, B, width]`, y `[n, B]`."""
        ...

    def record(self, steps: int) -> Any:
        """Memory for what the losses of so many steps will be made of."""
        ...

    def __call__(self, prepared: Any, i: int, record: Any, done: int) -> None:
        """Write the gradient of the batch number `i` of `prepared`, and what its loss is made of to place `done`."""
        ...

    def losses(self, record: Any, done: int) -> Floats:
        """The first `done` losses, `[done]` or `[done, lanes]`."""
        ...
