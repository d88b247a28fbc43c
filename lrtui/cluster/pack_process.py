"""The process that trains packs for a sweep in another one: `python -m lrtui.cluster.pack_process`.

It reads jobs from its stdin and answers on its stdout, in order, and ends when nobody asks any more: however its sweep
ended, no process is left behind.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from safetensors.numpy import save
from safetensors.torch import load

from lrtui.cluster.wire import (
    Capture,
    Done,
    Evaluate,
    Frame,
    Keep,
    Make,
    Restore,
    Setup,
    Steer,
    Train,
    read_frame,
    write_frame,
)
from lrtui.config.schema import Config
from lrtui.engine.build import Workplace, load_data, make_workplace
from lrtui.engine.checkpoint import solid
from lrtui.engine.lanes import gathered, named_tensors
from lrtui.engine.pack import Pack
from lrtui.engine.sweep_build import grounds_of
from lrtui.errors import CorpusError, LrtuiError


class Packs:
    """The packs of this process, by number."""

    def __init__(self, place: Workplace) -> None:
        self.ground = grounds_of(place)
        self.flat = place.train.flat
        self.packs: dict[int, Pack] = {}

    def do(self, job: Frame) -> Done:
        """Carry out one job."""
        match job:
            case Make(pack=number, seed=seed, lanes=lanes, rates=rates):
                self.packs[number] = Pack(self.ground(seed), lanes, rates)
            case Train(pack=number, first=first, end=end):
                self.packs[number].begin(first, end)
                block = self.packs[number].finish()
                return Done(columns=(block.loss, block.lr, block.grad_norm))
            case Evaluate(pack=number):
                return Done(losses=self.packs[number].evaluate())
            case Capture(pack=number):
                tensors = self.packs[number].capture()
                return Done(tensors=save(solid(named_tensors(tensors, self.flat))), updates=tensors.updates)
            case Restore(pack=number):
                count = len(self.packs[number].lanes)
                self.packs[number].restore(gathered(load(job.tensors), self.flat, count, job.updates))
            case Keep(pack=number, places=places):
                self.packs[number].keep(places)
                if not places:
                    del self.packs[number]
            case Steer(pack=number, place=place, rate=rate):
                self.packs[number].steer(place, rate)
        return Done()


def packs_of(setup: Setup) -> Packs:
    """The place that `setup` describes. Raises LrtuiError."""
    config = Config.model_validate_json(setup.config)
    data = load_data(config, Path(setup.home))
    if data.sha256 != setup.corpus_sha256:
        raise CorpusError(f"the text {data.name} has changed since the sweep began (its sha256 differs)")
    return Packs(make_workplace(config, data, began=True))


def main() -> None:
    """Serve one sweep until it hangs up."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print must not be taken for an answer
    jobs = sys.stdin.buffer
    packs: Packs | None = None
    while (job := read_frame(jobs, Frame)) is not None:  # type: ignore[arg-type]
        try:
            if isinstance(job, Setup):
                packs, done = packs_of(job), Done()
            else:
                assert packs is not None, "a setup comes first"
                done = packs.do(job)
        except LrtuiError as error:
            done = Done(error=error.sentence)
        try:
            write_frame(answers, done)
        except OSError:
            return


if __name__ == "__main__":
    main()
