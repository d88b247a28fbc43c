"""From a configuration and a text to the packs of a sweep, and the rule that says how its lanes train.

Measured on two cores: sixteen lanes of a bigram or an MLP as one batched program cost twice a solo run, because a step
of one is nearly all dispatch; sixteen of an LSTM or a GPT cost sixteen times, because it is nearly all arithmetic, so
there each lane is trained through the kernels of the solo run. On a GPU every model here is bound by launches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrtui.config.load import override
from lrtui.engine.build import Workplace, layout_of
from lrtui.engine.device import TINY_STEP, step_work
from lrtui.engine.lane_field import PackMaker
from lrtui.engine.pack import Ground, Pack
from lrtui.lr.ledger import Rate
from lrtui.runs.sweeps import SweepPlan
from lrtui.text.batches import make_batches

if TYPE_CHECKING:
    from lrtui.config.schema import Config

MODES = ("lanes", "turns")
ROUND_WORK = 2e9  # floating-point operations between two boundaries: about a fifth of a second on one core
MOST_CHUNK = 100  # steps; the smoothed loss that cuts a lane remembers 50


@dataclass(frozen=True)
class Way:
    """How the lanes of a sweep train, and why."""

    mode: str
    because: str
    chunk: int


def choose_way(config: Config, parameters: int, lanes: int, device: str, wanted: str = "auto") -> Way:
    """`wanted`, or for `auto` the rule: one batched program where a step is mostly overhead, else in turns.

    A function of model, batch and kind of device alone, so that the same sweep is the same anywhere.
    """
    work = step_work(config, parameters)
    chunk = max(1, min(MOST_CHUNK, int(ROUND_WORK / (work * lanes))))
    if wanted != "auto":
        return Way(wanted, "as asked", chunk)
    if device != "cpu":
        return Way("lanes", "on a GPU a step is bound by launches: all lanes go in each", chunk)
    if config.model.kind in ("bigram", "mlp") and work < TINY_STEP:
        return Way("lanes", "a step is mostly overhead: all lanes share it", chunk)
    return Way("turns", "a step is mostly arithmetic: lanes would gain nothing from sharing it", chunk)


def check_rates(config: Config, rates: Sequence[float]) -> None:
    """Raises ConfigError where a rate contradicts the rest of the configuration, as a schedule's end above it does."""
    for rate in rates:
        override(config, {"optim": {"lr": rate}})


def pack_maker(place: Workplace, plan: SweepPlan) -> PackMaker:
    """Makes the packs of `plan` in this process; batches are made once a seed."""
    grounds: dict[int, Ground] = {}
    layout, context = layout_of(place.train.model, place.config.corpus.mode)

    def ground(seed: int) -> Ground:
        if seed not in grounds:
            train = place.config.train.model_copy(update={"seed": seed})
            block = context or train.block
            batches = make_batches(place.data, "train", layout, train.batch, block, seed, place.device)
            config = place.config.model_copy(update={"train": train})
            grounds[seed] = Ground(config, place.data.vocabulary.size, batches, place.evaluation["val"], place.device)
        return grounds[seed]

    def make(lanes: Sequence[int], rates: Sequence[Rate]) -> Pack:
        return Pack(ground(plan.seeds[lanes[0] % len(plan.seeds)]), lanes, rates)

    return make
