"""What the bench measures: each row a model, an optimizer and a batch, as `lrtui run` would be told them.

No torch here, so that a row's name is checked before anything slow is loaded.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lrtui.errors import UsageError
from lrtui.printable import printable

if TYPE_CHECKING:
    from lrtui.config.schema import Config

#: the texts are built in, so that the bench needs no network
NAMES = ("corpus.name=unicode", "corpus.mode=lines", "corpus.vocab=char")
TEXT = ("corpus.name=python", "corpus.mode=stream", "corpus.vocab=char")
#: training alone, without end: the plain loops neither evaluate, nor sample, nor save, nor bend the rate
BARE = (
    "train.steps=1000000000",
    "train.device=cpu",
    "train.eval_every=0",
    "train.eval_batches=1",
    "train.sample_every=0",
    "train.checkpoint_every=0",
    "schedule.kind=constant",
    "schedule.warmup=0",
)


#: steps of a sweep that is measured
SWEEP_STEPS = 2000
#: a range test that is measured: rates that none of its points is lost at, so that all of them are tried
FIND_LOW, FIND_HIGH, FIND_POINTS = 1e-4, 0.3, 1000
#: all rows of the peers, by one word
ALL_PEERS = "peers"


@dataclass(frozen=True)
class Row:
    """`training`: whole steps of our engine, metrics on, against the plain loop. `layers`: forward and backward of our
    lane-aware layers, one lane, against plain modules, on the same batch. `find`: points of a whole range test, copy,
    verdict and restoration included, against steps of the plain loop. `lanes`: steps of all lanes of a sweep against
    those of one plain run. `sweep`: a whole sweep of SWEEP_STEPS steps over `lanes` rates, pruned by `eta`, files and
    verdict included, against one plain run of as many steps. `sweep-runs`: the same sweep against our own runs of all
    its rates, one after another. `sampling`: characters that an LSTM writes, against stepping nn.LSTM. `late`: those in
    the last quarter of a GPT's block against those in the first. `goal` is the ratio to reach. Where a `peer` is named,
    the loop or the range test is that library's instead of the plain one."""

    name: str
    goal: float
    preset: str | None
    sets: tuple[str, ...]
    measures: Literal["training", "layers", "find", "lanes", "sweep", "sweep-runs", "sampling", "late"] = "training"
    lanes: int = 1
    eta: int = 0
    peer: str = ""  # a key of `peers.PEERS`

    def config(self, threads: int) -> "Config":
        """The run that this row trains."""
        from lrtui.config.load import load_config

        return load_config(preset=self.preset, sets=[*self.sets, *BARE, f"train.threads={threads}"])


_ADAM = ("optim.kind=adam", "optim.lr=3e-3")
_LSTM = (
    *TEXT,
    *("model.kind=lstm", "model.layers=1", "model.hidden=128"),
    *("optim.kind=adam", "train.batch=50", "train.block=50"),
)
_WIDE = ("model.layers=2", "model.hidden=256")
_GPT = (*TEXT, "optim.clip=1.0")
_TRAINERS = ("lightning", "fastai", "transformers")

ROWS = (
    Row("names-mlp-sgd", 4.0, "names-mlp", NAMES),
    Row("names-mlp-adam", 4.0, "names-mlp", (*NAMES, *_ADAM)),
    Row("names-mlp-16-lanes", 0.56, "names-mlp", NAMES, "lanes", 16),
    Row("names-bigram-sgd", 3.0, "names-bigram", NAMES),
    Row("lstm", 0.98, None, _LSTM),
    Row("lstm-2x256", 1.15, None, (*_LSTM, *_WIDE)),
    Row("gpt", 0.98, "shakespeare-gpt", _GPT),
    Row("lstm-bf16", 1.5, None, (*_LSTM, "train.precision=bf16")),
    Row("lstm-2x256-bf16", 1.8, None, (*_LSTM, *_WIDE, "train.precision=bf16")),
    Row("gpt-bf16", 1.6, "shakespeare-gpt", (*_GPT, "train.precision=bf16")),
    Row("lstm-layers", 0.98, None, _LSTM, "layers"),
    Row("gpt-layers", 0.98, "shakespeare-gpt", _GPT, "layers"),
    Row("find", 2.5, "names-mlp", NAMES, "find"),
    Row("sample-lstm", 4.0, None, _LSTM, "sampling"),
    Row("sample-gpt-late", 0.8, "shakespeare-gpt", (*_GPT, "train.block=256", "train.batch=1"), "late"),
    Row("sweep-16", 0.56, "names-mlp", NAMES, "sweep", lanes=16),
    Row("sweep-64-halving", 1.0, "names-mlp", NAMES, "sweep", lanes=64, eta=4),
    Row("sweep-16-runs", 2.0, "names-mlp", NAMES, "sweep-runs", lanes=16),
    *(Row(f"{peer}-mlp", 4.0, "names-mlp", NAMES, peer=peer) for peer in _TRAINERS),
    *(Row(f"{peer}-lstm", 0.98, None, _LSTM, peer=peer) for peer in _TRAINERS),
    *(Row(f"{peer}-find", 2.5, "names-mlp", NAMES, "find", peer=peer) for peer in ("lightning", "fastai")),
    Row("torch-lr-finder", 2.5, "names-mlp", NAMES, "find", peer="torch-lr-finder"),
)


def choose(names: Sequence[str]) -> list[Row]:
    """The rows of these names, in the bench's order; all of them for none. `sweep` names all that begin with `sweep-`,
    and `peers` those of all peers.

    Raises UsageError for a name it lacks.
    """
    known = [row.name for row in ROWS]
    wanted = set[str]()
    for name in names:
        found = [name] if name in known else [row for row in known if row.startswith(f"{name}-")]
        found += [row.name for row in ROWS if row.peer] if name == ALL_PEERS else []
        wanted.update(found)
        if not found:
            near = difflib.get_close_matches(name, known, 1)
            meant = f"Did you mean {near[0]}? " if near else ""
            rows = ", ".join([*known, ALL_PEERS, "screen", "precision"])
            raise UsageError(f"the bench has no row {printable(name)!r}", f"{meant}Rows: {rows}.")
    return [row for row in ROWS if not names or row.name in wanted]
