"""From a configuration and a text to the packs of a sweep, and the rule that says how its lanes train.

Measured on two cores: sixteen lanes of a bigram or an MLP as one batched program cost twice a solo run, because a step
of one is nearly all dispatch; sixteen of an LSTM or a GPT cost sixteen times, because it is nearly all arithmetic, so
there each lane is trained through the kernels of the solo run. On a GPU every model here is bound by launches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrtui.config.load import override
from lrtui.engine.build import Workplace, layout_of
from lrtui.engine.kernels.choose import TINY_STEP, step_operations
from lrtui.engine.lane_field import PackMaker
from lrtui.engine.pack import Ground, Pack
from lrtui.engine.processors import cores
from lrtui.lr.ledger import Rate
from lrtui.text.batches import make_batches

if TYPE_CHECKING:
    from lrtui.config.schema import Config

MODES = ("lanes", "turns", "processes")
#: kind of model → floating-point operations of a step below which lanes share more overhead than they cost (measured on
#: a CPU: 16 lanes of a GPT of 3e7 train 1.8 times as fast together; an RNN's go through its kernel one by one anyway)
OVERHEAD = {"bigram": TINY_STEP, "mlp": TINY_STEP, "gpt": 5e7}
ROUND_WORK = 2e9  # floating-point operations between two boundaries: about a fifth of a second on one core
LONG_WORK = 5e12  # operations of a sweep that takes about a minute: a process starts in a few seconds
MOST_CHUNK = 100  # steps; the smoothed loss that cuts a lane remembers 50


@dataclass(frozen=True)
class Way:
    """How the lanes of a sweep train, and why; `devices` are those of its processes, none: this one."""

    mode: str
    because: str
    chunk: int
    devices: tuple[str, ...] = ()


def choose_way(
    config: Config,
    parameters: int,
    lanes: int,
    device: str,
    wanted: str = "auto",
    devices: Sequence[str] = (),
    places: str = "device",
) -> Way:
    """`wanted`, or for `auto` the rule: one batched program where a step is mostly overhead, else lane by lane.

    Lanes that train one by one share out over one process a core where the sweep is long enough to pay for their
    start. `devices` are those asked for, and `places` what one is called.
    """
    work = step_operations(config, parameters)
    mode, because = _mode(config, work, device, wanted)
    if devices:
        shared = "processes" if mode == "turns" else mode
        over = f"over {len(devices)} {places}{'s' * (len(devices) != 1)}"
        return Way(shared, f"{because}; {over}", _chunk(work * lanes), tuple(devices))
    long = work * lanes * config.train.steps > LONG_WORK
    share = min(cores(), lanes)
    if mode == "processes" or (
        wanted == "auto" and mode == "turns" and long and share > 1 and not config.train.threads
    ):
        return Way("processes", f"{because}; one process a core", _chunk(work * lanes), ("cpu",) * share)
    return Way(mode, because, _chunk(work * lanes))


def _mode(config: Config, work: float, device: str, wanted: str) -> tuple[str, str]:
    if wanted != "auto":
        return wanted, "as asked"
    if device != "cpu":
        return "lanes", "on a GPU a step is bound by launches, which all lanes share"
    if work < OVERHEAD.get(config.model.kind, 0.0):
        return "lanes", "a step is mostly overhead, which all lanes share"
    return "turns", "a step is mostly arithmetic, so sharing one would gain nothing"


def _chunk(work: float) -> int:
    return max(1, min(MOST_CHUNK, int(ROUND_WORK / work)))


def check_rates(config: Config, rates: Sequence[float]) -> None:
    """Raises ConfigError where a rate contradicts the rest of the configuration, as a schedule's end above it does."""
    for rate in rates:
        override(config, {"optim": {"lr": rate}})


def grounds_of(place: Workplace) -> Callable[[int], Ground]:
    """What the lanes of a seed share, in this process; batches are made once a seed."""
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

    return ground


def pack_maker(place: Workplace, seeds: Sequence[int]) -> PackMaker:
    """Makes the packs of a sweep over `seeds` in this process."""
    ground = grounds_of(place)

    def make(lanes: Sequence[int], rates: Sequence[Rate]) -> Pack:
        return Pack(ground(seeds[lanes[0] % len(seeds)]), lanes, rates)

    return make
