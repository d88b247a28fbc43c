"""The bigram model looks at one token, and learns what counting finds."""

import torch
from torch.nn import functional as F

from lrtui.models.bigram import Bigram


def test_only_the_last_token_matters() -> None:
    model = Bigram(5)
    model.table.weight.data.normal_(generator=torch.Generator().manual_seed(0))
    assert torch.equal(model(torch.tensor([[1, 2, 3]]))[0], model(torch.tensor([[4, 4, 3]]))[0])


def test_its_best_table_is_the_logarithm_of_the_frequencies() -> None:
    x, y = torch.tensor([[0], [0], [0], [1]]), torch.tensor([1, 1, 0, 0])
    model = Bigram(2)
    counts = torch.tensor([[1.0, 2.0], [1.0, 1e-6]])
    model.table.weight.data = (counts / counts.sum(1, keepdim=True)).log()
    loss = F.cross_entropy(model(x)[0], y)
    loss.backward()
    assert model.table.weight.grad is not None
    assert model.table.weight.grad.abs().max().item() < 1e-6  # nothing is left to learn
