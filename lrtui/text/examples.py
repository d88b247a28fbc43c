"""How tokens are cut into training examples: by position, so that any example can be fetched by its number.

contexts  `context` tokens → the next one (bigram, MLP)        windows  T tokens → the same, one on (GPT)
items     one item a row, from boundary to boundary            streams  long parallel texts read block by block (RNNs)
"""

import torch
from torch import Tensor

IGNORE = -100
"""The target of a padded place: what torch's cross_entropy leaves out by default."""


class Contexts:
    """Example i: `context` tokens and the token after them. In lines mode no context reaches into the item before:
    it is padded with the boundary, as makemore does."""

    def __init__(self, tokens: Tensor, context: int, boundary: int | None) -> None:
        self.tokens, self.width = tokens, context
        self._back = torch.arange(-context, 0, device=tokens.device)
        self._begin: Tensor | None = None
        self._first = context
        if boundary is not None:
            self._first = 1
        if boundary is not None and context > 1:  # one token back is never further than the boundary
            # the boundary at or before each place: a sum of the ways between them (cummax takes four times the memory)
            bounds = torch.nonzero(tokens == boundary).flatten()
            ways = torch.zeros_like(tokens)
            ways[bounds] = bounds.diff(prepend=bounds.new_zeros(1))
            self._begin = ways.cumsum_(0)[:-1]  # shifted by one: the boundary before the target
        self.count = max(0, len(tokens) - self._first)

    def gather(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """x [..., context] and y [...] of example numbers [...]."""
        target = index + self._first
        places = target.unsqueeze(-1) + self._back
        if self._begin is not None:
            places = torch.maximum(places, _at(self._begin, target - 1).unsqueeze(-1))
        return _at(self.tokens, places), _at(self.tokens, target)


def _at(line: Tensor, places: Tensor) -> Tensor:
    """`line[places]`, three times as fast."""
    return line.index_select(0, places.reshape(-1)).view(places.shape)


class Windows:
    """Example i: the T tokens from place i, and the same one token on."""

    def __init__(self, tokens: Tensor, block: int) -> None:
        self.tokens, self.width = tokens, block
        self._ahead = torch.arange(block, device=tokens.device)
        self.count = max(0, len(tokens) - block)

    def gather(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """x [..., T] and y [..., T] of example numbers [...]."""
        places = index.unsqueeze(-1) + self._ahead
        return self.tokens[places], self.tokens[places + 1]


class Items:
    """Example i: item i, x from its opening boundary on, y to its closing one, cut at `width` and padded."""

    def __init__(self, tokens: Tensor, width: int, boundary: int) -> None:
        self.tokens, self.width = tokens, width
        self._boundary = boundary
        self._ahead = torch.arange(width, device=tokens.device)
        bounds = torch.nonzero(tokens == boundary).flatten()
        self._start, self._length = bounds[:-1], bounds.diff()
        self.count = len(self._start)

    def gather(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """x [..., T] padded with the boundary and y [..., T] padded with IGNORE, of item numbers [...]."""
        inside = self._ahead < self._length[index].unsqueeze(-1)
        places = torch.where(inside, self._start[index].unsqueeze(-1) + self._ahead, 0)
        x = torch.where(inside, self.tokens[places], self._boundary)
        return x, torch.where(inside, self.tokens[places + 1], IGNORE)


class Streams:
    """`batch` texts of equal length side by side; row b goes on in the next block where it stopped in the last."""

    def __init__(self, tokens: Tensor, batch: int, block: int, slack: int) -> None:
        """`slack` places are left free, so that an epoch can begin up to that many tokens later."""
        self.tokens, self.batch, self.width = tokens, batch, block
        usable = max(0, len(tokens) - 1 - slack)
        self.blocks = usable // batch // block
        rows = torch.arange(batch, device=tokens.device) * (usable // batch)
        self._places = rows.unsqueeze(-1) + torch.arange(block, device=tokens.device)

    def gather(self, offset: Tensor) -> tuple[Tensor, Tensor]:
        """x and y [..., batch, T] of the blocks that begin `offset` [...] tokens into each row."""
        places = offset[..., None, None] + self._places
        return self.tokens[places], self.tokens[places + 1]
