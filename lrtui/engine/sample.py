"""Text from a model: temperature, top-k and top-p over the next token, from a generator of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lrtui.errors import CorpusError
from lrtui.models.language_model import LanguageModel
from lrtui.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from lrtui.config.schema import SampleConfig


def distribution(logits: Tensor, temperature: float, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """softmax(logits / temperature) `[V]`, cut to the likeliest tokens; not finite where the logits are not.

    `top_k` keeps the k likeliest and what ties with them (0: all), `top_p` the smallest set that holds that much
    probability (Holtzman et al. 2019). Works on the CPU, outside deterministic mode, which refuses cumsum on CUDA.
    """
    logits = logits.cpu().double()
    logits = (logits - logits.max()) / temperature  # ≤ 0, so that no temperature is too small to divide by
    if 0 < top_k < logits.numel():
        floor = logits.topk(top_k).values[-1]
        logits = logits.masked_fill(logits < floor, -torch.inf)
    probabilities = logits.softmax(-1)
    if top_p < 1.0:
        ordered, order = probabilities.sort(descending=True)
        before = ordered.cumsum(-1) - ordered  # what is likelier than each
        probabilities = torch.zeros_like(probabilities).scatter(0, order, ordered.masked_fill(before >= top_p, 0.0))
    return probabilities / probabilities.sum()


def choose(logits: Tensor, generator: torch.Generator, temperature: float, top_k: int = 0, top_p: float = 1.0) -> int:
    """A token drawn from the `distribution` of logits `[V]`; temperature 0 takes the likeliest."""
    if temperature == 0:
        return int(logits.argmax())
    probabilities = distribution(logits, temperature, top_k, top_p)
    if not bool(torch.isfinite(probabilities).all()):
        return int(torch.randint(probabilities.numel(), (), generator=generator))  # a diverged model: pure noise
    return int(torch.multinomial(probabilities, 1, generator=generator))


class Sampler:
    """Continues a prompt, token by token. `opening` stands in front of the prompt and is not shown."""

    def __init__(self, model: LanguageModel, vocabulary: Vocabulary, opening: list[int], lane: int = 0) -> None:
        self.model, self.vocabulary, self.lane = model, vocabulary, lane
        self.opening = opening
        self.device = next(model.parameters()).device

    @torch.no_grad()
    def tokens(self, config: SampleConfig, prompt: str, temperature: float, seed: int) -> Iterator[int]:
        """`config.length` tokens after `prompt`. Raises CorpusError for a prompt with characters never seen."""
        generator = torch.Generator().manual_seed(seed)
        told = self.opening + self._last_item(self.vocabulary.encode(prompt).tolist())
        carry: tuple[Tensor, ...] = ()
        fresh = told
        for _ in range(config.length):
            if self.model.reads == "streams":
                logits, carry = self._logits(fresh, carry)
            else:
                logits, _ = self._logits(told[-self.span(len(told)) :], ())
            token = choose(logits, generator, temperature, config.top_k, config.top_p)
            yield token
            if token == self.vocabulary.boundary:
                told, carry = list(self.opening), ()  # the next item knows nothing of this one, as in training
                fresh = told
            else:
                told.append(token)
                fresh = [token]

    def _last_item(self, tokens: list[int]) -> list[int]:
        """What follows the last boundary."""
        boundaries = [i for i, token in enumerate(tokens) if token == self.vocabulary.boundary]
        return tokens[boundaries[-1] + 1 :] if boundaries else tokens

    def span(self, told: int) -> int:
        """How many of the last tokens the model looks at."""
        window: int = getattr(self.model, "context", getattr(self.model, "block", told))
        return min(window, told)

    def _logits(self, tokens: list[int], carry: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        x = torch.tensor([tokens], device=self.device)
        logits, carry = self.model(x, carry)
        if self.model.lanes > 1:
            logits = logits[self.lane]
        return logits[0] if self.model.reads == "contexts" else logits[0, -1], carry

    def text(self, config: SampleConfig, seed: int, prompt: str | None = None, temperature: float | None = None) -> str:
        """The prompt and its continuation, as text. The model's mode and its dropout generator are left as found."""
        prompt = config.prompt if prompt is None else prompt
        temperature = config.temperature if temperature is None else temperature
        was_training = self.model.training
        self.model.eval()
        try:
            continuation = self.vocabulary.decode(list(self.tokens(config, prompt, temperature, seed)))
        finally:
            self.model.train(was_training)
        return prompt + continuation


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
