"""The plain loops are the same job as ours: same parameters, same losses, same optimizer, step after step."""

from itertools import count, islice

import pytest
import torch

from lrtui.bench import plain
from lrtui.bench.loop_process import plain_batches, plain_copy
from lrtui.bench.rows import ROWS, choose
from lrtui.config.load import override
from lrtui.engine.build import make_model, make_workplace
from lrtui.text.corpus import CorpusText
from lrtui.text.dataset import make_dataset

TRAINING = [row for row in ROWS if row.measures == "training"]
ITEMS = "".join(f"{word} {number}\n" for number in range(60) for word in ("alpha", "beta", "gamma"))


def place_of(row, **optim):
    """The row's own model, batch and optimizer on a small text, so that the test is quick."""
    config = override(row.config(threads=1), {"optim": optim, "train": {"batch": 8}})
    text = CorpusText(name="small", text=ITEMS, sha256="", bytes=len(ITEMS))
    return make_workplace(config, make_dataset(config.corpus, text))


def our_losses(train, lr, n):
    return [train(step, lr)[0].item() for step in range(n)]


def plain_losses(place, n):
    config, copy = place.config, plain_copy(place.train.model, place.config)
    optimizer = plain.plain_optimizer(copy, config.optim)
    same = (plain.PlainBatch(*place.train.batches.at(step)) for step in count())
    return [loss.item() for loss in islice(plain.train(copy, optimizer, same, config.optim.clip), n)]


@pytest.mark.parametrize("row", TRAINING, ids=lambda row: row.name)
def test_same_parameters_and_same_losses_on_the_same_batches(row):
    place = place_of(row)
    copy = plain_copy(place.train.model, place.config)
    assert sum(p.numel() for p in copy.parameters()) == place.train.model.parameter_count()
    # copied before ours trains: it trains in place
    theirs = plain_losses(place, 6)
    rounding = 0.02 if place.config.train.precision == "bf16" else 1e-5
    assert our_losses(place.train, place.config.optim.lr, 6) == pytest.approx(theirs, abs=rounding)
    assert len(set(theirs)) == 6


@pytest.mark.parametrize(
    "optim",
    [
        {"kind": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        {"kind": "adam", "lr": 1e-3, "weight_decay": 0.1},
        {"kind": "adamw", "lr": 1e-3, "weight_decay": 0.1, "clip": 0.05},
    ],
    ids=lambda optim: optim["kind"],
)
def test_every_option_of_the_optimizer_means_the_same(optim):
    place = place_of(choose(["names-mlp-sgd"])[0], **optim)
    theirs = plain_losses(place, 20)
    assert our_losses(place.train, optim["lr"], 20) == pytest.approx(theirs, abs=1e-5)


@pytest.mark.parametrize("row", TRAINING, ids=lambda row: row.name)
def test_plain_batches_are_of_the_same_kind(row):
    place = place_of(row)
    ours = place.train.batches.at(0)
    theirs = next(plain_batches(place.config, place.data, place.train.model))
    assert (theirs.x.shape, theirs.y.shape, theirs.fresh) == (ours.x.shape, ours.y.shape, ours.fresh)
    assert (theirs.x.dtype, theirs.y.dtype) == (ours.x.dtype, ours.y.dtype)
    if theirs.y.dim() == 2:
        assert torch.equal(theirs.x[:, 1:], theirs.y[:, :-1])


def test_streams_go_on_where_they_stopped_and_begin_anew():
    batches = plain.streams(torch.arange(23), batch=2, block=4)
    first, second, third = islice(batches, 3)
    assert first.x.tolist() == [[0, 1, 2, 3], [11, 12, 13, 14]]
    assert second.x.tolist() == [[4, 5, 6, 7], [15, 16, 17, 18]]
    assert second.y.tolist() == [[5, 6, 7, 8], [16, 17, 18, 19]]
    assert [first.fresh, second.fresh, third.fresh] == [True, False, True]
    assert torch.equal(third.x, first.x)


def test_two_layers_of_lstm_keep_their_weights_in_order():
    config = override(choose(["lstm"])[0].config(1), {"model": {"layers": 2, "embed": 5, "hidden": 6}})
    text = CorpusText(name="small", text=ITEMS, sha256="", bytes=len(ITEMS))
    model = make_model(config, make_dataset(config.corpus, text).vocabulary)
    x = torch.randint(model.vocabulary, (3, 7))
    copy = plain_copy(model, config)
    embedded = copy.embed(x)
    assert torch.allclose(copy.head(copy.lstm(embedded)[0]), model(x)[0], atol=1e-6)


def test_what_has_no_plain_counterpart_is_refused():
    config = choose(["lstm"])[0].config(1)
    with pytest.raises(ValueError, match="gru"):
        plain.plain_model(override(config, {"model": {"kind": "gru"}}).model, 30, 8)
    with pytest.raises(ValueError, match="2 layers"):
        plain.plain_model(override(config, {"model": {"kind": "mlp", "layers": 2}}).model, 30, 8)


def test_rows_need_no_network():
    for row in ROWS:
        corpus = row.config(1).corpus
        assert corpus.name in ("python", "unicode")
        assert corpus.path is None
