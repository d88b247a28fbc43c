"""Several processes that train one run together, as the engine sees them: what they do with each other, not how.

Rank 0 leads. It alone has the session, and with it every decision: the rate, the ledger, divergence, undo, when to
look. The others do with their step what rank 0 orders, and nothing else, so that all of them take part in a collective
operation or none does.
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from lrtui.errors import LrtuiError


class RankLostError(LrtuiError):
    """A rank has gone, and with it the run; its last checkpoint stands."""


class Ranks(Protocol):
    """This process among the `size` that train a run. Every method returns when all ranks have called it.

    `local` numbers the `neighbours` ranks of one machine. `broken`: an order was left half carried out, so that the
    others wait for what will not come; then the only thing left to do is to end. All raise RankLostError.
    """

    rank: int
    size: int
    local: int
    neighbours: int
    broken: bool

    def order(self, numbers: Tensor) -> None:
        """As `broadcast`, on the CPU; those who follow wait for as long as it takes."""
        ...

    def broadcast(self, tensor: Tensor) -> None:
        """Rank 0's tensor into everybody's."""
        ...

    def sum(self, *tensors: Tensor) -> None:
        """Each tensor becomes the sum of all ranks', with the same bits everywhere."""
        ...

    def gather(self, tensor: Tensor) -> list[Tensor]:
        """The tensors of all ranks, in their order."""
        ...
