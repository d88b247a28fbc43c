"""The plain loop, or a peer's, in a process of its own: it has PyTorch's defaults and nothing of ours.

An allocator that was told to keep memory stays so for the whole process, and so do threads that were told how to wait:
beside the engine the plain loop would have our settings, and be up to 1.3 times as fast as it is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn

from lrtui.bench import plain
from lrtui.bench.contest import Turn, turns
from lrtui.bench.peer_loops import Parts, Watched
from lrtui.bench.peer_turns import peer_turn
from lrtui.engine.build import layout_of, load_data, make_model
from lrtui.engine.processors import without_our_waiting
from lrtui.errors import LrtuiError
from lrtui.text.examples import Contexts

if TYPE_CHECKING:
    from lrtui.bench.rows import Row
    from lrtui.config.schema import Config
    from lrtui.models.language_model import LanguageModel
    from lrtui.text.dataset import TextData


class LoopError(LrtuiError):
    """The other side of a row could not begin, or did not come to its end."""


class LoopProcess:
    """The loop that the run of `row` is measured against, as a context manager; between its turns it waits on a pipe.

    `config` is that run, its threads settled.
    """

    def __init__(self, row: Row, config: Config, folder: Path) -> None:
        told = {"config": config.model_dump(mode="json"), "folder": str(folder)}
        self._first = json.dumps({**told, "measures": row.measures, "peer": row.peer})
        self._name = f"the loop of {row.peer}" if row.peer else "the plain loop of the bench"

    def __enter__(self) -> Self:
        self._stderr = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            env=without_our_waiting(os.environ),
        )
        try:
            self._ask(self._first)  # it loads and builds while nobody's time is taken
        except BaseException:
            self._end()
            raise
        return self

    def turn(self, seconds: float) -> float:
        """Let it train for at least so long; steps a second. Raises LoopError where the process has ended."""
        return float(self._ask(str(seconds)))

    def _ask(self, line: str) -> str:
        way, back = self._process.stdin, self._process.stdout
        assert way is not None
        assert back is not None
        try:
            way.write(line + "\n")
            way.flush()
            answer = back.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            code = self._process.wait()
            self._stderr.seek(0)
            told = self._stderr.read().decode("utf-8", "replace").strip().splitlines()
            raise LoopError(f"{self._name} has ended (exit {code}): {told[-1] if told else 'silently'}")
        return answer

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        self._process.kill()  # it holds nothing that would have to be put away
        self._process.communicate()
        self._stderr.close()


class PlainSide:
    """A plain loop; PyTorch as it comes, without deterministic mode."""

    def __init__(self, loop: Iterator[Tensor] | Iterator[int]) -> None:
        self.loop = loop

    def ready(self) -> None:
        torch.use_deterministic_algorithms(False)

    def work(self) -> int:
        next(self.loop)
        return 1


def plain_copy(model: LanguageModel, config: Config) -> nn.Module:
    """The plain counterpart of `model`, with its weights."""
    copy = plain.plain_model(config.model, model.vocabulary, config.train.block)
    plain.copy_weights(model, copy)
    return copy


def plain_batches(config: Config, data: TextData, model: LanguageModel) -> Iterator[plain.PlainBatch]:
    """Batches of the same kind as the engine's, drawn the plain way."""
    t = config.train
    layout, context = layout_of(model, config.corpus.mode)
    if layout == "contexts":
        examples = Contexts(data.train, context or 1, data.vocabulary.boundary)
        return plain.random_contexts(*examples.gather(torch.arange(examples.count)), t.batch)
    if layout == "streams":
        return plain.streams(data.train, t.batch, t.block)
    return plain.random_windows(data.train, t.batch, t.block)


def loop_turn(config: Config, folder: Path, measures: str, peer: str) -> Turn:
    """The turns of a row's other side in this process, as PyTorch comes; where it samples, a step is a character."""
    torch.set_num_threads(config.train.threads)
    data = load_data(config, folder)
    model = make_model(config, data.vocabulary)
    copy = plain_copy(model, config)
    if measures == "sampling":
        assert isinstance(copy, plain.LSTM)
        return turns(PlainSide(plain.sample(copy, config.sample.temperature)))
    optimizer = plain.plain_optimizer(copy, config.optim)
    batches = plain_batches(config, data, model)
    if peer:
        parts = Parts(Watched(copy), optimizer, batches, config.optim.clip, folder)
        return peer_turn(parts, peer, measures)
    return turns(PlainSide(plain.train(copy, optimizer, batches, config.optim.clip)))


def _serve() -> None:
    """What the process does: build the loop, then train as long as it is told, until nobody tells it any more."""
    from lrtui.config.schema import Config

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    told = json.loads(sys.stdin.readline())
    turn = loop_turn(Config.model_validate(told["config"]), Path(told["folder"]), told["measures"], told["peer"])
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        print(turn(float(line)), file=answers, flush=True)


if __name__ == "__main__":
    _serve()
