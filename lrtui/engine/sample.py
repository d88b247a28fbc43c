"""Text from a model: temperature, top-k and top-p over the next token, from a generator of its own."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from lrtui.engine.reading import reader_of
from lrtui.errors import CorpusError
from lrtui.models.language_model import LanguageModel
from lrtui.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from lrtui.config.schema import SampleConfig


def distribution(logits: Tensor, temperature: float, top_k: int = 0, top_p: float = 1.0) -> NDArray[numpy.float64]:
    """softmax(logits / temperature) `[V]`, cut to the likeliest tokens; not finite where the logits are not.

    `top_k` keeps the k likeliest and what ties with them (0: all), `top_p` the smallest set that holds that much
    probability (Holtzman et al. 2019). In numpy: for a hundred tokens a call of it costs a tenth of one of PyTorch.
    """
    z = logits.cpu().numpy().astype(numpy.float64)
    with numpy.errstate(all="ignore"):
        z = (z - z.max()) / temperature  # ≤ 0, so that no temperature is too small to divide by
        if 0 < top_k < z.size:
            z[z < numpy.partition(z, -top_k)[-top_k]] = -numpy.inf
        probabilities: NDArray[numpy.float64] = numpy.exp(z)
        probabilities /= probabilities.sum()
        if top_p < 1.0:
            order = numpy.argsort(-probabilities, kind="stable")
            ordered = probabilities[order]
            before = ordered.cumsum() - ordered  # what is likelier than each
            probabilities[order[before >= top_p]] = 0.0
            probabilities /= probabilities.sum()
    return probabilities


def choose(logits: Tensor, generator: torch.Generator, temperature: float, top_k: int = 0, top_p: float = 1.0) -> int:
    """A token drawn from the `distribution` of logits `[V]`; temperature 0 takes the likeliest."""
    if temperature == 0:
        return int(logits.argmax())
    # by inverting the cumulative distribution: torch.multinomial takes several times as long for a hundred tokens
    cumulative = distribution(logits, temperature, top_k, top_p).cumsum()
    total = float(cumulative[-1])
    if not math.isfinite(total):
        return int(torch.randint(cumulative.size, (), generator=generator))  # a diverged model: pure noise
    point = total * torch.rand((), generator=generator, dtype=torch.float64).item()
    last = cumulative.searchsorted(total)  # of the tokens that can be, where rounding takes the point past all
    return int(min(cumulative.searchsorted(point, side="right"), last))


class Sampler:
    """Continues a prompt, token by token. `opening` stands in front of the prompt and is not shown."""

    def __init__(self, model: LanguageModel, vocabulary: Vocabulary, opening: list[int], lane: int = 0) -> None:
        self.model, self.vocabulary, self.lane = model, vocabulary, lane
        self.opening = opening

    @torch.no_grad()
    def tokens(self, config: SampleConfig, prompt: str, temperature: float, seed: int) -> Iterator[int]:
        """`config.length` tokens after `prompt`. Raises CorpusError for a prompt with characters never seen."""
        generator = torch.Generator().manual_seed(seed)
        fresh = self.opening + self._last_item(self.vocabulary.encode(prompt).tolist())
        reader = reader_of(self.model, self.lane)
        for _ in range(config.length):
            token = choose(reader.read(fresh), generator, temperature, config.top_k, config.top_p)
            yield token
            fresh = [token]
            if token == self.vocabulary.boundary:
                reader.begin()  # the next item knows nothing of this one, as in training
                fresh = list(self.opening)

    def _last_item(self, tokens: list[int]) -> list[int]:
        """What follows the last boundary."""
        boundaries = [i for i, token in enumerate(tokens) if token == self.vocabulary.boundary]
        return tokens[boundaries[-1] + 1 :] if boundaries else tokens

    def text(self, config: SampleConfig, seed: int, prompt: str | None = None, temperature: float | None = None) -> str:
        """The prompt and its continuation, as text. The model's mode and its dropout generator are left as found."""
        return "".join(self.pieces(config, seed, prompt, temperature))

    def pieces(
        self, config: SampleConfig, seed: int, prompt: str | None = None, temperature: float | None = None
    ) -> Iterator[str]:
        """The prompt, then its continuation as it comes, a few characters at a time."""
        prompt = config.prompt if prompt is None else prompt
        temperature = config.temperature if temperature is None else temperature
        was_training = self.model.training
        self.model.eval()
        try:
            tokens = self.tokens(config, prompt, temperature, seed)
            first = next(tokens)  # a prompt that cannot be read is refused before anything is shown
            yield prompt
            yield from self.vocabulary.decode_each(chain([first], tokens))
        finally:
            self.model.train(was_training)


def opening_tokens(model: LanguageModel, vocabulary: Vocabulary) -> list[int]:
    """What stands before an empty prompt: the boundary of lines, else a newline, else the first token.

    Models with a fixed context are given it whole.
    """
    token = 0
    if vocabulary.boundary is not None:
        token = vocabulary.boundary
    else:
        with contextlib.suppress(CorpusError):
            token = int(vocabulary.encode("\n")[0])
    return [token] * int(getattr(model, "context", 1))
