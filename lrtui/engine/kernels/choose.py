"""Which kernel a run trains with: by a rule and not by the clock, so that a config means the same bits on any day.

Written by hand where that exists and the model is tiny: there it is several times faster whatever the machine. Larger
models are bound by arithmetic, which autograd does as well and on all threads. Compiled only where somebody asks for
it: it takes seconds before the first step, and a compiler.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy

from lrtui.engine.kernels.autograd import AutogradKernel
from lrtui.engine.kernels.hand import KINDS, HandKernel
from lrtui.errors import ConfigError

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.engine.kernels.kernel import Kernel
    from lrtui.engine.step import TrainStep

COMPILED_KINDS = ("bigram", "mlp", "gpt")
"""The models that are worth compiling: a recurrent one would be taken apart into its time steps."""

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
    return ""


def why_not_compiled(config: Config, device: str) -> str:
    """Why `config` cannot be compiled for a device of type `device`, in words; empty where it can."""
    if config.model.kind not in COMPILED_KINDS:
        return f'model.kind = "{config.model.kind}" is a fused operation already'
    if config.model.dropout and config.model.kind != "bigram":
        return "it has no dropout"
    if device not in ("cpu", "cuda"):
        return f"it trains on the CPU and on CUDA devices, not on {device}"
    return "" if device != "cpu" or compiler() else "there is no C++ compiler that PyTorch can use on this machine"


@cache
def compiler() -> str:
    """The C++ compiler that programs for the CPU are made with, and its version; empty where there is none."""
    try:
        from torch._inductor import exc  # seconds of torch that nobody else needs
        from torch._inductor.cpp_builder import get_compiler_version_info, get_cpp_compiler
    except OSError:  # it makes a folder for its programs as it is loaded
        return ""
    try:
        command = get_cpp_compiler()
    except exc.InvalidCxxCompiler:
        return ""
    told = get_compiler_version_info(command)
    version = re.search(r"version (\d[\w.]*)", told)
    return f"{Path(command).name}-{version[1] if version else '?'}"


def choose_kernel(config: Config, parameters: int, device: str) -> str:
    """`train.kernel`, or where that is auto or cannot be: by hand where the step is tiny, else autograd."""
    wanted = config.train.kernel
    if wanted == "auto":
        wanted = "hand" if step_operations(config, parameters) < TINY_STEP else "autograd"
    return wanted if wanted in REASONS and not REASONS[wanted](config, device) else "autograd"


def check_kernel(config: Config, device: str, shared: bool = False) -> None:
    """Raises ConfigError where `train.kernel` asks for a kernel that `config`, or a rank of several, cannot have."""
    wanted = config.train.kernel
    if wanted not in REASONS:
        return
    reason = REASONS[wanted](config, device) or ("several ranks train with autograd" if shared else "")
    if reason:
        raise ConfigError(f'train.kernel = "{wanted}": {reason}', 'Use "auto" or "autograd".')


def uncompiled(config: Config) -> Config:
    """`config` with autograd for a compiled kernel: for lanes, which come and go, and for trials of a few steps."""
    if config.train.kernel != "compiled":
        return config
    return config.model_copy(update={"train": config.train.model_copy(update={"kernel": "autograd"})})


def make_kernel(name: str, state: TrainStep) -> Kernel:
    """The kernel called `name` over `state`."""
    if name == "compiled":
        from lrtui.engine.kernels.compiled import CompiledKernel

        return CompiledKernel(state)
    return HandKernel(state) if name == "hand" else AutogradKernel(state)


REASONS: dict[str, Callable[[Config, str], str]] = {"hand": why_not_by_hand, "compiled": why_not_compiled}
"""Of each kernel that not every run can have: why not."""


def kernel_text(config: Config, device: str) -> str:
    """The kernel of a run whose choice is settled, as its fingerprint has it: all that its rounding depends on."""
    made_with = ""
    if config.train.kernel == "hand":
        made_with = f" numpy-{numpy.__version__}"
    elif config.train.kernel == "compiled" and device == "cpu":
        made_with = f" {compiler()}"
    return f"{config.train.kernel}{made_with} flat-{config.optim.kind}"
