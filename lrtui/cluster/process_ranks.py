"""Ranks as processes, on torch.distributed: gloo between processors, nccl between CUDA devices."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from types import FrameType

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from lrtui.cluster.torchrun import Seat
from lrtui.engine.ranks import RankLostError
from lrtui.engine.shared_step import END, send_order
from lrtui.errors import LrtuiError

#: between two orders a run may be paused, evaluate, or wait for a confirmation
ORDER_PATIENCE = timedelta(days=365)
#: inside one, all ranks do the same; the slowest thing is to load, or fetch, the text
PATIENCE = timedelta(minutes=30)


class ProcessRanks:
    """See `lrtui.engine.ranks.Ranks`. Raises LrtuiError where the ranks cannot reach each other."""

    def __init__(self, seat: Seat) -> None:
        self.rank, self.size, self.local, self.neighbours = seat
        self.broken = False
        cuda = torch.cuda.is_available()
        if cuda and self.local < torch.cuda.device_count():
            torch.cuda.set_device(self.local)  # or else each rank would take some memory of the first
        try:
            store, rank, size = next(rendezvous("env://", timeout=PATIENCE))
            # a restart by torchrun finds the store of the attempt before, with the addresses of the dead in it
            store = PrefixStore(f"lrtui/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)
            backend = "cpu:gloo,cuda:nccl" if cuda else "gloo"
            dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=PATIENCE)
            # orders have a channel of their own: it may be silent for long, and it never waits for a device
            self._orders = dist.new_group(backend="gloo", timeout=ORDER_PATIENCE)
        except RuntimeError as error:
            raise LrtuiError(f"rank {self.rank} of {self.size} cannot reach the others: {_first_line(error)}") from None

    def order(self, numbers: Tensor) -> None:
        self._together(lambda: dist.broadcast(numbers, 0, group=self._orders))

    def broadcast(self, tensor: Tensor) -> None:
        self._together(lambda: dist.broadcast(tensor, 0))

    def sum(self, *tensors: Tensor) -> None:
        def all_reduce() -> None:
            for work in [dist.all_reduce(tensor, async_op=True) for tensor in tensors]:
                work.wait()

        self._together(all_reduce)

    def gather(self, tensor: Tensor) -> list[Tensor]:
        gathered = [torch.empty_like(tensor) for _ in range(self.size)]
        self._together(lambda: dist.all_gather(gathered, tensor))
        return gathered

    def _together(self, operation: Callable[[], object]) -> None:
        try:
            operation()
        except RuntimeError as error:
            self.broken = True
            who = "rank 0, which leads the run, has gone" if self.rank else "another rank of this run has gone"
            raise RankLostError(
                f"{who}; rank {self.rank} of {self.size} ends ({_first_line(error)})",
                "The last checkpoint stands: resume goes on from there." if self.rank == 0 else "",
            ) from None

    def end(self) -> None:
        """Rank 0: let the others go, unless they wait for what will not come; then the end of this process tells.

        No thread of a group outlives this. One that still lets go of a tensor while the interpreter ends, and needs its
        lock for that, is ended by it inside a destructor: the process would abort, whatever it had to say.
        """
        if self.rank == 0 and not self.broken:
            with suppress(RankLostError):  # it has gone already
                send_order(self, END)
        if not self.broken:
            dist.destroy_process_group()
            del self._orders  # the last reference: a group joins its threads when it goes


@contextmanager
def ranks_of(seat: Seat) -> Iterator[ProcessRanks]:
    """The ranks that torchrun has started; on those that follow, signals are rank 0's to answer."""
    ranks = ProcessRanks(seat)

    def on_sigterm(number: int, frame: FrameType | None) -> None:
        if not ranks.broken:  # or else it is torchrun, which ends all when one has gone: we are about to say so
            raise SystemExit(128 + number)

    if ranks.rank:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, on_sigterm)  # until the run has begun, and when it has ended
    try:
        yield ranks
    except BaseException:
        # what rank 0 cannot do it may say between two orders; one that follows fails in the middle of one
        ranks.broken = ranks.broken or ranks.rank > 0
        raise
    finally:
        ranks.end()


def _first_line(error: RuntimeError) -> str:
    """What it says, without the place in a source file and the advice around it."""
    line = re.sub(r"^\[[^]]*\] *", "", str(error).strip().split("\n")[0])
    return line.split(". ")[0][:200]
