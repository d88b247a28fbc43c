"""The numbers of a run in bounded memory: at most 4,096 buckets a branch, however long the run."""

from array import array
from dataclasses import dataclass, field

from lrtui.runs.metrics import Block

CAPACITY = 4096


@dataclass(slots=True)
class Buckets:
    """One branch: bucket i holds the finite losses of `stride` steps from `step[i]` on, as low, high and mean.

    A bucket without a finite loss has NaN there. `lr` is the rate of the bucket's last step.
    """

    stride: int = 1
    step: "array[int]" = field(default_factory=lambda: array("q"))
    low: "array[float]" = field(default_factory=lambda: array("d"))
    high: "array[float]" = field(default_factory=lambda: array("d"))
    mean: "array[float]" = field(default_factory=lambda: array("d"))
    lr: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass(slots=True)
class Numbers:
    """The surviving branch and the ghosts it left behind (the newest 16)."""

    branch: Buckets = field(default_factory=Buckets)
    ghosts: "list[Buckets]" = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Take in the next block of the metrics; one that begins at an earlier step supersedes what is there."""
        raise NotImplementedError
