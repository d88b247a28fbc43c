"""Where the lanes of a sweep train: in this process, in others on this machine, or on the workers of a Ray cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from lrtui.cluster.local_members import local_members, setup_on
from lrtui.cluster.pool import Member, Pool
from lrtui.cluster.ray_cluster import RayCluster, ray_address
from lrtui.engine.build import Workplace
from lrtui.engine.processors import cores
from lrtui.errors import UsageError
from lrtui.text.corpus import load_text

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.runs.sweeps import SweepPlan


@dataclass
class SweepEngine:
    """`local` or a Ray cluster. `devices` are those that somebody chose, or one for each worker it can have."""

    name: str
    devices: Sequence[str]
    threads: int = 0  # of each worker; 0: as the lanes of this machine have it
    cluster: RayCluster | None = None
    members: Sequence[Member] = ()

    @property
    def place(self) -> str:
        """What one of its devices is called."""
        return "Ray worker" if self.cluster else "device"

    def pool(self, plan: SweepPlan, place: Workplace, home: Path) -> Pool | None:
        """What trains the packs of `plan`; None: this process. Raises LrtuiError."""
        if self.cluster:
            raw = load_text(place.config.corpus, home).text
            setup = setup_on(place, place.device.type, text=raw if isinstance(raw, bytes) else raw.encode())
            workers = min(len(plan.devices), len(self.devices))
            self.members = self.cluster.hire(setup, workers, place.config.train.threads, _gpus(place))
        elif plan.devices:
            self.members = local_members(place, home, plan.devices)
        else:
            return None
        return Pool(place.train.flat, plan.seeds, self.members)

    def close(self) -> None:
        """End what would train; leave the cluster. Can be done again."""
        for member in self.members:
            member.close()
        if self.cluster:
            self.cluster.close()


def join_engine(name: str, asked: Config, place: Workplace, lanes: int, devices: Sequence[str] = ()) -> SweepEngine:
    """The engine called so. A Ray worker has one thread, or as many as the configuration that was `asked` for says.

    Raises UsageError where there is none of that name, Ray is not installed, no cluster answers or it is full.
    """
    address = ray_address(name)
    if address is None:
        return SweepEngine(name, devices)
    if devices:
        raise UsageError("--devices are those of this machine, and Ray shares out its own", "Leave one of them out.")
    threads, gpus = asked.train.threads or 1, _gpus(place)
    cluster = RayCluster(address, max(cores(), threads), torch.cuda.device_count() if gpus else 0)
    try:
        workers = min(lanes, cluster.most_workers(threads, gpus))
    except BaseException:
        cluster.close()
        raise
    return SweepEngine(name, [place.device.type] * workers, threads, cluster)


def _gpus(place: Workplace) -> int:
    """GPUs of each Ray worker: the kind of device is that of this machine."""
    return int(place.device.type == "cuda")
