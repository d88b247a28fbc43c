"""What the machine is doing while it trains: its GPU, or its processors and memory, and the worker's share.

Every number is optional: a container may hide them, another system has no /proc, MIG has no utilisation. Polled once a
second in a thread of the screen, never where training happens.
"""

import contextlib
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lrtui.runs.lock import Holder

Read = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuUse:
    """A GPU now: share of time busy (0 … 1), memory in bytes, power in watts."""

    busy: float | None = None
    used: int | None = None
    total: int | None = None
    watts: float | None = None


class Gpu(Protocol):
    """Reads one GPU; None where there is none."""

    def read(self, index: int) -> GpuUse | None: ...


def read_text(path: str) -> str:
    return Path(path).read_text(errors="replace")


class HostMeter:
    """Takes the machine's measure between one `poll` and the next; call it from one thread at a time."""

    def __init__(
        self, *, read: Read = read_text, clock: Callable[[], float] = time.monotonic, gpu: Gpu | None = None
    ) -> None:
        self._read, self._clock = read, clock
        self._gpu = gpu if gpu is not None else Nvidia()
        self._cpu: tuple[int, int] | None = None
        self._worker: tuple[int, float, float] | None = None

    def poll(self, worker: Holder | None, device: str = "") -> str:
        """What the machine did since the last poll, in a few words; empty where nothing can be told.

        `worker` is the process that trains, `device` the one it trains on, as `train.device` or a fingerprint says.
        """
        here = worker if worker is not None and worker.host == socket.gethostname() else None
        use = None if device.startswith(("cpu", "mps")) else self._gpu.read(self._gpu_index(here, device))
        first = gpu_text(use) if use else self._machine()
        return " · ".join(part for part in (first, self._process(here)) if part)

    def _machine(self) -> str:
        try:
            busy, memory = self._busy(), self._memory()
        except (OSError, ValueError, IndexError, KeyError):
            return ""
        return " ".join(part for part in ("CPU", "" if busy is None else f"{busy:.0%}", memory) if part)

    def _busy(self) -> float | None:
        """The share of all processors' time that was not idle since the last call."""
        ticks = [int(word) for word in self._read("/proc/stat").split("\n", 1)[0].split()[1:9]]
        now = sum(ticks), ticks[3] + ticks[4]
        before, self._cpu = self._cpu, now
        if before is None or now[0] <= before[0]:
            return None
        return max(0.0, 1 - (now[1] - before[1]) / (now[0] - before[0]))

    def _memory(self) -> str:
        rows = (line.split(":", 1) for line in self._read("/proc/meminfo").splitlines() if ":" in line)
        kilobytes = {name: int(rest.split()[0]) for name, rest in rows if name in ("MemTotal", "MemAvailable")}
        total = kilobytes["MemTotal"] * 1024
        return _of(total - kilobytes["MemAvailable"] * 1024, total)

    def _process(self, worker: Holder | None) -> str:
        """The worker's share of one processor, above 100 % with several threads, and its resident memory."""
        if worker is None:
            return ""
        try:
            # the name, in parentheses, may hold blanks and parentheses of its own
            fields = self._read(f"/proc/{worker.pid}/stat").rpartition(")")[2].split()
            seconds = (int(fields[11]) + int(fields[12])) / _ticks_per_second()
            resident = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, IndexError):
            return ""
        now, before = self._clock(), self._worker
        self._worker = (worker.pid, now, seconds)
        share = ""
        if before is not None and before[0] == worker.pid and now > before[1]:
            share = f" {max(0.0, (seconds - before[2]) / (now - before[1])):.0%}"
        return f"worker{share} {resident / 1e6:,.0f} MB"

    def _gpu_index(self, worker: Holder | None, device: str) -> int:
        """The driver's number of the GPU that the worker calls cuda:N."""
        number = device.removeprefix("cuda:") if device.startswith("cuda:") else "0"
        index = int(number) if number.isdigit() else 0
        visible: list[str] = []
        if worker is not None:
            with contextlib.suppress(OSError, ValueError):
                settings = self._read(f"/proc/{worker.pid}/environ").split("\0")
                found = next((s for s in settings if s.startswith("CUDA_VISIBLE_DEVICES=")), "=")
                visible = [part for part in found.partition("=")[2].split(",") if part.strip().isdigit()]
        return int(visible[index]) if index < len(visible) else index


def gpu_text(use: GpuUse) -> str:
    """`GPU 93% 6.1/80 GB 412 W`; what is not known is left out."""
    busy = "" if use.busy is None else f"{use.busy:.0%}"
    memory = "" if use.used is None or not use.total else _of(use.used, use.total)
    watts = "" if use.watts is None else f"{use.watts:.0f} W"
    return " ".join(part for part in ("GPU", busy, memory, watts) if part)


def _of(used: int, total: int) -> str:
    return f"{used / 1e9:.1f}/{total / 1e9:.0f} GB"


def _ticks_per_second() -> int:
    return os.sysconf("SC_CLK_TCK")


class Nvidia:
    """NVIDIA's management library; loaded at the first read, and only where there is a driver."""

    def __init__(self) -> None:
        self._library: Any = None
        self._missing = not Path("/proc/driver/nvidia/version").exists()

    def read(self, index: int) -> GpuUse | None:
        if not self._missing and self._library is None:
            self._load()
        if self._library is None:
            return None
        library = self._library
        try:
            handle = library.nvmlDeviceGetHandleByIndex(index)
        except library.NVMLError:
            return None
        memory = self._ask(library.nvmlDeviceGetMemoryInfo, handle)
        rates = self._ask(library.nvmlDeviceGetUtilizationRates, handle)
        power = self._ask(library.nvmlDeviceGetPowerUsage, handle)
        return GpuUse(
            busy=None if rates is None else rates.gpu / 100,
            used=None if memory is None else int(memory.used),
            total=None if memory is None else int(memory.total),
            watts=None if power is None else power / 1000,
        )

    def _load(self) -> None:
        try:
            import pynvml

            pynvml.nvmlInit()
        except Exception:  # whatever a driver says, a missing meter is no reason to fail
            self._missing = True
            return
        self._library = pynvml

    def _ask(self, question: Callable[[Any], Any], handle: Any) -> Any:
        try:
            return question(handle)
        except self._library.NVMLError:
            return None
