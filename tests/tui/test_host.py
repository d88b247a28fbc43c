"""The machine's meter: what it reads, what it leaves out, and that nothing it cannot read is an error."""

import socket

from lrtui.runs.lock import Holder
from lrtui.tui.host import GpuUse, HostMeter, Nvidia, gpu_text

HERE = Holder(42, socket.gethostname())


class Files:
    """A /proc made by hand."""

    def __init__(self, **files: str) -> None:
        self.files = {f"/proc/{name.replace('__', '/')}": text for name, text in files.items()}

    def __call__(self, path: str) -> str:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]


class OneGpu:
    def __init__(self, use: GpuUse | None) -> None:
        self.use, self.asked = use, list[int]()

    def read(self, index: int) -> GpuUse | None:
        self.asked.append(index)
        return self.use


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def stat(ticks: int, pages: int = 100_000) -> str:
    fields = ["R", *["0"] * 10, str(ticks), "0", *["0"] * 8, str(pages), *["0"] * 20]
    return f"42 (a ) name) {' '.join(fields)}"


MEMORY = "MemTotal:       16000000 kB\nMemFree: 1 kB\nMemAvailable:   12000000 kB\n"


def test_cpu_memory_and_worker() -> None:
    files, clock = Files(stat="cpu 0 0 0 0 0 0 0 0 0 0\n", meminfo=MEMORY, **{"42__stat": stat(0)}), Clock()
    meter = HostMeter(read=files, clock=clock, gpu=OneGpu(None))
    first = meter.poll(HERE, "cpu")
    assert first.startswith("CPU 4.1/16 GB · worker ")
    assert "%" not in first
    clock.now = 2.0
    files.files |= {"/proc/stat": "cpu 150 0 0 50 0 0 0 0 0 0\n", "/proc/42/stat": stat(286)}
    assert meter.poll(HERE, "cpu") == "CPU 75% 4.1/16 GB · worker 143% 410 MB"


def test_a_gpu_takes_the_place_of_the_cpu() -> None:
    gpu = OneGpu(GpuUse(busy=0.93, used=6_100_000_000, total=80_000_000_000, watts=412.4))
    meter = HostMeter(read=Files(), gpu=gpu)
    assert meter.poll(None, "cuda:1") == "GPU 93% 6.1/80 GB 412 W"
    assert gpu.asked == [1]


def test_a_run_on_the_cpu_asks_no_gpu() -> None:
    gpu = OneGpu(GpuUse(busy=0.9))
    assert HostMeter(read=Files(), gpu=gpu).poll(None, "cpu x86_64") == ""
    assert gpu.asked == []


def test_the_workers_own_numbering_of_gpus() -> None:
    gpu = OneGpu(GpuUse(busy=0.5))
    files = Files(**{"42__environ": "A=1\0CUDA_VISIBLE_DEVICES=3,2\0"})
    HostMeter(read=files, gpu=gpu).poll(HERE, "cuda:1")
    assert gpu.asked == [2]


def test_every_field_is_optional() -> None:
    assert gpu_text(GpuUse()) == "GPU"
    assert gpu_text(GpuUse(used=1_000_000_000, total=8_000_000_000)) == "GPU 1.0/8 GB"
    assert HostMeter(read=Files(), gpu=OneGpu(None)).poll(HERE, "auto") == ""
    files = Files(stat="nonsense", meminfo="", **{"42__stat": "42 (x) R"})
    assert HostMeter(read=files, gpu=OneGpu(None)).poll(HERE, "auto") == ""


def test_a_worker_on_another_machine_is_not_looked_for() -> None:
    files = Files(**{"42__stat": stat(0)})
    assert HostMeter(read=files, gpu=OneGpu(None)).poll(Holder(42, "elsewhere.invalid"), "cpu") == ""


def test_without_a_driver_there_is_no_gpu() -> None:
    nvidia = Nvidia()
    nvidia._missing = True
    assert nvidia.read(0) is None
