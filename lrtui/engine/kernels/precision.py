"""`train.precision = "auto"`: a few steps in each precision, on copies, by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from lrtui.engine.kernels.kernel import Kernel

if TYPE_CHECKING:
    from lrtui.config.schema import Config

WORTH = 1.15  # how many times as fast bf16 must be to be taken
ROUNDS, STEPS = 4, 2


def in_precision(config: Config, precision: str) -> Config:
    """`config` with another `train.precision`."""
    return config.model_copy(update={"train": config.train.model_copy(update={"precision": precision})})


def measure_precision(kernel_in: Callable[[str], Kernel], clock: Callable[[], float] = time.perf_counter) -> float:
    """How many times as fast a step is in bf16 as in fp32; `kernel_in(precision)` makes the kernel of a copy.

    The copies take turns, and the quickest turn of each counts: what else the machine does only ever slows one down.
    """
    kernels = {precision: kernel_in(precision) for precision in ("fp32", "bf16")}
    quickest: dict[str, float] = {}
    for turn in range(1 + ROUNDS):
        for precision, kernel in kernels.items():
            began = clock()
            losses, _ = kernel.train(turn * STEPS, [0.0] * STEPS, [None] * STEPS)
            losses.cpu()  # a GPU has then done it
            if turn:  # the first warms up
                quickest[precision] = min(quickest.get(precision, float("inf")), clock() - began)
    return quickest["fp32"] / quickest["bf16"]


def precision_sentence(gain: float) -> str:
    """What was measured and taken, in words."""
    taken = "bf16" if gain >= WORTH else "fp32"
    return f'train.precision = "auto": a step in bf16 is {gain:.2f} times as fast as in fp32 here; taken: {taken}'
