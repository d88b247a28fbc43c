"""Where a run computes: device, threads, allocator and determinism, chosen once at its start and written down."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import hashlib
import json
import os
import platform
from typing import TYPE_CHECKING

import numpy
import torch

from lrtui.engine.kernels.choose import TINY_STEP, kernel_text, step_operations
from lrtui.engine.kernels.hand import KINDS
from lrtui.engine.processors import cores, free_cores
from lrtui.errors import DeviceError

if TYPE_CHECKING:
    from lrtui.config.schema import Config

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
KEEP_BYTES = 1 << 30
WORLD_SIZE = "world size"  # of a fingerprint


def find_device(name: str) -> torch.device:
    """`auto` is the first CUDA device, then MPS, then the CPU. Raises DeviceError for one this machine lacks."""
    mps = torch.backends.mps.is_available()
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if mps else "cpu"
    if name == "mps" and not mps:
        raise DeviceError('train.device = "mps": this machine has no MPS device', 'Use "auto" or "cpu".')
    if name.startswith("cuda"):
        there = torch.cuda.device_count() if torch.cuda.is_available() else 0
        wanted = int(name.partition(":")[2] or 0)
        if wanted >= there:
            found = f"{there} CUDA device{'s' * (there != 1)}" if there else "no CUDA device that PyTorch can use"
            raise DeviceError(f'train.device = "{name}": this machine has {found}', 'Use "auto" or "cpu".')
        return torch.device("cuda", wanted)
    return torch.device(name)


def device_of_rank(name: str, local: int) -> str:
    """The `train.device` of the rank that is number `local` on its machine: a CUDA device each, else the CPU for all.

    Raises DeviceError for a device that ranks cannot have.
    """
    if name.startswith("cuda:") or name == "mps":
        raise DeviceError(f'train.device = "{name}": ranks cannot share it', 'Use "auto", "cuda" or "cpu".')
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return f"cuda:{local}" if name == "cuda" else name


def choose_threads(config: Config, parameters: int, *, lanes: int = 1, neighbours: int = 1) -> int:
    """`train.threads`, or where that is 0: one for a tiny step of all `lanes` together, where a second costs more than
    it brings, else as many as processors are free: with more, all of them wait for the one that is not running.

    Processes that train beside each other on one machine, `neighbours`, share it.
    """
    if config.train.threads:
        return config.train.threads
    if lanes * step_operations(config, parameters) < TINY_STEP:
        return 1
    return max(1, cores() // neighbours) if neighbours > 1 else free_cores()


def threads_sentence(config: Config, parameters: int, threads: int) -> tuple[str, ...]:
    """What there is to say of `threads` that were chosen: that others use the processors which a large step misses."""
    if step_operations(config, parameters) < TINY_STEP or threads >= cores():
        return ()
    there = f"trains on {threads} of {cores()} processors, for others use the rest"
    return (f"{there}; it keeps train.threads = {threads}",)


def keep_memory() -> None:
    """Ask glibc to keep freed memory: each step frees and takes the same large tensors.

    Without this they are mapped and returned each time, which costs up to 8× with two threads.
    """
    if platform.system() == "Linux":
        with contextlib.suppress(OSError, AttributeError):  # another libc: nothing to ask
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(M_MMAP_THRESHOLD, KEEP_BYTES)
            libc.mallopt(M_TRIM_THRESHOLD, KEEP_BYTES)


def has_bf16(device: torch.device) -> bool:
    """Whether `device` can compute in bfloat16; on a processor without instructions for it, slowly."""
    return torch.cuda.is_bf16_supported() if device.type == "cuda" else device.type == "cpu"


def limit_blas(threads: int) -> None:
    """Let numpy's BLAS, which has threads of its own, use this many: sums are cut by their number.

    Asked of the libraries that numpy's wheels and conda bring; any other stays as it is.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL((numpy._core if hasattr(numpy, "_core") else numpy.core)._multiarray_umath.__file__)
        for name in ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads64_", "openblas_set_num_threads"):
            if function := getattr(library, name, None):
                function(ctypes.c_int(threads))
                return


def prepare(config: Config, device: torch.device, threads: int) -> None:
    """Set this process up to train `config`. Raises DeviceError for a precision that is missing."""
    keep_memory()
    gc.freeze()  # what is loaded stays: a collection that walks all of torch would stall a step for 100 ms
    torch.set_num_threads(threads)
    # where no kernel is by hand numpy only writes texts, and its products of one vector gain nothing by threads
    limit_blas(threads if config.model.kind in KINDS else 1)
    if config.train.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        if config.train.kernel == "compiled":
            torch.use_deterministic_algorithms(True, warn_only=True)
        else:
            torch.set_deterministic_debug_mode("warn")  # the same, without a second of loading the compiler to tell it
        # we read no memory we have not written; filling it with NaN first would cost an LSTM 5 %
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        torch.backends.cudnn.benchmark = False
    if config.train.precision == "bf16" and device.type == "cuda" and not has_bf16(device):
        raise DeviceError('train.precision = "bf16": this CUDA device has no bfloat16', 'Use "fp32".')


def fingerprint(config: Config, device: torch.device, ranks: int = 1) -> dict[str, str]:
    """What the bits of a run depend on, by name. Equal fingerprints: a resume or replay is exact.

    A run on one rank does not say so: it is what every run was before there could be several.
    """
    backend = "nccl" if device.type == "cuda" else "gloo"
    if device.type == "cuda":
        where = torch.cuda.get_device_name(device)
    else:
        where = f"{device.type} {platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    return {
        "torch": torch.__version__.split("+")[0],
        "device": where,
        "threads": str(torch.get_num_threads()),
        "precision": config.train.precision,
        "config": _digest(config),
        "kernel": kernel_text(config, device.type),
        "deterministic": str(config.train.deterministic).lower(),
        **({WORLD_SIZE: f"{ranks} ({backend})"} if ranks > 1 else {}),
    }


def _digest(config: Config) -> str:
    """A short hash of every setting that the bits depend on, the schedule excepted: the ledger speaks for that."""
    train = {"batch", "block", "seed"}
    if config.schedule.kind == "plateau":
        train |= {"eval_every", "eval_batches"}
    chosen = {
        "corpus": config.corpus.model_dump(exclude={"name", "path"}),
        "model": config.model.model_dump(),
        "optim": config.optim.model_dump(exclude={"lr"}),
        "train": config.train.model_dump(include=train),
    }
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:12]


def difference(then: dict[str, str], now: dict[str, str]) -> str:
    """The badge of a resume: `exact`, or `continued: <what differs>`."""
    if then.get("compile") == "on":  # once a setting of its own, and of the forward pass alone
        then = then | {"kernel": f"{then.get('kernel', '?')} compiled forward"}
    alone = {WORLD_SIZE: "1"}
    then, now = alone | then, alone | now
    differs = [f"{key} {then.get(key, '?')} → {value}" for key, value in now.items() if then.get(key) != value]
    return f"continued: {', '.join(differs)}" if differs else "exact"
