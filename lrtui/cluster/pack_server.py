"""What trains packs for a sweep elsewhere: it answers jobs, in a process beside the sweep or on a Ray worker."""

from __future__ import annotations

from pathlib import Path

from safetensors.numpy import save
from safetensors.torch import load

from lrtui import __version__
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
)
from lrtui.config.schema import Config
from lrtui.engine.build import Workplace, load_data, make_workplace
from lrtui.engine.checkpoint import solid
from lrtui.engine.lanes import gathered, named_tensors
from lrtui.engine.pack import Pack
from lrtui.engine.sweep_build import grounds_of
from lrtui.errors import CorpusError, LrtuiError
from lrtui.text.corpus import decoded
from lrtui.text.dataset import TextData, make_dataset


class PackServer:
    """Answers the jobs of one sweep, one after another; a setup comes first."""

    def __init__(self) -> None:
        self._packs: Packs | None = None
        self._wrong = Done(error="a setup comes first")

    def answer(self, job: Frame) -> Done:
        """What became of `job`; what is wrong is told in a sentence, with the setup as often as anything is asked."""
        try:
            if isinstance(job, Setup):
                self._packs = packs_of(job)
                return Done()
            return self._packs.do(job) if self._packs else self._wrong
        except LrtuiError as error:
            wrong = Done(error=error.sentence)
            if isinstance(job, Setup):
                self._wrong = wrong
            return wrong


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
    if setup.version != __version__:
        raise LrtuiError(f"lrtui {setup.version} sweeps, and lrtui {__version__} is where its lanes would train")
    config = Config.model_validate_json(setup.config)
    data = _data_of(setup, config)
    if data.sha256 != setup.corpus_sha256:
        raise CorpusError(f"the text {data.name} has changed since the sweep began (its sha256 differs)")
    return Packs(make_workplace(config, data, began=True))


def _data_of(setup: Setup, config: Config) -> TextData:
    if not setup.text:
        return load_data(config, Path(setup.home))
    return make_dataset(config.corpus, decoded(setup.corpus, setup.text, config.corpus.vocab))
