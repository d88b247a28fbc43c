"""Which kernel a run trains with: by a rule and not by the clock, so that a config means the same bits on any day.

Written by hand where that exists and the model is tiny: there it is several times faster whatever the machine. Larger
models are bound by arithmetic, which autograd does as well and on all threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy

from lrtui.engine.kernels.autograd import AutogradKernel
from lrtui.engine.kernels.hand import KINDS, HandKernel
from lrtui.errors import ConfigError

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.engine.kernels.kernel import Kernel
    from lrtui.engine.step import TrainStep

TINY_STEP = 3e8
"""Floating-point operations of a step below which book-keeping, not arithmetic, is what takes the time."""


def step_operations(config: Config, parameters: int) -> float:
    """The work of a step: about 6 operations per parameter and token (forward 2, backward 4)."""
    tokens = config.train.batch * (1 if config.model.kind in ("bigram", "mlp") else config.train.block)
    return 6.0 * parameters * tokens


def why_not_by_hand(config: Config, device: str) -> str:
    """Why there is no kernel by hand for `config` on a device of type `device`, in words; empty where there is one."""
    if config.model.kind not in KINDS:
        return f'model.kind = "{config.model.kind}" has none'
    if device != "cpu":
        return f"it trains on the CPU, not on {device}"
    if config.train.precision != "fp32":
        return f'it trains in fp32, not in "{config.train.precision}"'
    if config.train.compile != "off":
        return "it is not compiled"
    return ""


def choose_kernel(config: Config, parameters: int, device: str) -> str:
    """`train.kernel`, or where that is auto or cannot be: by hand where the step is tiny, else autograd."""
    wanted, possible = config.train.kernel, not why_not_by_hand(config, device)
    if wanted == "auto":
        wanted = "hand" if step_operations(config, parameters) < TINY_STEP else "autograd"
    return wanted if possible else "autograd"


def check_kernel(config: Config, device: str, shared: bool = False) -> None:
    """Raises ConfigError where `train.kernel` asks for a kernel that `config`, or a rank of several, cannot have."""
    reason = why_not_by_hand(config, device) or ("several ranks train with autograd" if shared else "")
    if config.train.kernel == "hand" and reason:
        raise ConfigError(f'train.kernel = "hand": {reason}', 'Use "auto" or "autograd".')


def make_kernel(name: str, state: TrainStep) -> Kernel:
    """The kernel called `name` over `state`."""
    return HandKernel(state) if name == "hand" else AutogradKernel(state)


def kernel_text(config: Config) -> str:
    """The kernel of a run whose choice is settled, as its fingerprint has it: all that its rounding depends on."""
    made_with = f" numpy-{numpy.__version__}" if config.train.kernel == "hand" else ""
    return f"{config.train.kernel}{made_with} flat-{config.optim.kind}"
