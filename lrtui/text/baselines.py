"""The reference lines of a chart: what a model must beat to have learned more than counts can tell.

As makemore counts them: add-one smoothed counts of the training part, evaluated on the validation part, in nats a
token.
"""

import math

import torch
from torch import Tensor

from lrtui.text.dataset import TextData

_TABLE = 1_000_000


def baselines(data: TextData) -> dict[str, float]:
    """`uniform` (ln V), `unigram` and `bigram` loss of the validation part, in nats."""
    size = data.vocabulary.size
    return {
        "uniform": math.log(size),
        "unigram": _unigram(data.train, data.val, size),
        "bigram": _bigram(data.train, data.val, size),
    }


def _unigram(train: Tensor, val: Tensor, size: int) -> float:
    # the first token of a part is never a target
    counts = torch.bincount(train[1:], minlength=size).double() + 1
    return float(-(counts / counts.sum()).log()[val[1:]].mean())


def _bigram(train: Tensor, val: Tensor, size: int) -> float:
    seen = _occurrences(train[:-1] * size + train[1:], val[:-1] * size + val[1:], size * size)
    firsts = torch.bincount(train[:-1], minlength=size)
    return float(-((seen.double() + 1) / (firsts[val[:-1]].double() + size)).log().mean())


def _occurrences(pairs: Tensor, wanted: Tensor, kinds: int) -> Tensor:
    """How often each of `wanted` [m] is among `pairs` [n], both numbers below `kinds`: [m]."""
    if kinds <= _TABLE:
        return torch.bincount(pairs, minlength=kinds)[wanted]
    # a text with every Chinese character would need gigabytes for the table: look into the sorted pairs instead
    pairs = pairs.sort().values
    return torch.searchsorted(pairs, wanted, right=True) - torch.searchsorted(pairs, wanted)
