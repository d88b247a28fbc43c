"""Peers do the plain loop's work where they are installed; where they are missing or broken, their row says so."""

import math
from dataclasses import replace
from itertools import count, islice

import pytest
import torch

from lrtui.bench import peer_turns, plain
from lrtui.bench.loop_process import LoopError, LoopProcess, plain_copy
from lrtui.bench.peer_loops import Parts, Watched, loader
from lrtui.bench.peers import FASTAI, LIGHTNING, LR_FINDER, PEERS, TRANSFORMERS, Peer, told
from lrtui.bench.rows import FIND_POINTS, ROWS, choose
from lrtui.bench.table import HEADING, missing_line, preamble
from tests.bench.test_plain import place_of

TRAINERS = (LIGHTNING, FASTAI, TRANSFORMERS)
FINDERS = (LIGHTNING, FASTAI, LR_FINDER)


def parts_of(place, folder, told=None):
    """A peer's parts; the batches that it takes are put into `told`."""
    copy = plain_copy(place.train.model, place.config)

    def batches():
        for step in count():
            batch = plain.PlainBatch(*place.train.batches.at(step))
            if told is not None:
                told.append(batch)
            yield batch

    optimizer = plain.plain_optimizer(copy, place.config.optim)
    return Parts(Watched(copy), optimizer, batches(), place.config.optim.clip, folder)


def plain_steps(parts, seconds):
    """A peer that is none: the same hooks, without a library."""
    for batch in loader(parts, seconds):
        parts.optimizer.zero_grad()
        parts.watched(*batch).backward()
        parts.optimizer.step()


def here(peer):
    return pytest.mark.skipif(peer.version is None, reason=f"{peer.package} is not installed")


def params(peers):
    return [pytest.param(peer, id=peer.package, marks=here(peer)) for peer in peers]


def weights(module):
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def assert_same_steps(place, parts, batches):
    """What the peer's model has become is what the plain loop makes of as many of the same batches."""
    copy = plain_copy(place.train.model, place.config)
    steps = len(parts.watched.starts)
    before = weights(copy)
    optimizer = plain.plain_optimizer(copy, place.config.optim)
    for _ in islice(plain.train(copy, optimizer, iter(batches), place.config.optim.clip), steps):
        pass
    assert steps >= 3
    assert not torch.allclose(before, weights(copy), atol=1e-3)
    torch.testing.assert_close(weights(parts.watched.model), weights(copy), atol=1e-4, rtol=0)


@pytest.mark.parametrize("row", ["names-mlp-adam", "lstm"])
def test_a_turn_is_the_plain_loops_work_and_is_as_fast_as_its_steps(row, tmp_path, monkeypatch):
    monkeypatch.setitem(peer_turns._TRAIN, "lightning", plain_steps)
    place, batches = place_of(choose([row])[0]), []
    parts = parts_of(place, tmp_path, batches)
    speed = peer_turns.peer_turn(parts, "lightning", "training")(0.02)
    assert_same_steps(place, parts, batches)
    starts = parts.watched.starts
    assert speed == (len(starts) - 1) / (starts[-1] - starts[0])
    assert starts[-1] - starts[0] < 10  # it has ended by itself
    assert peer_turns.peer_turn(parts, "lightning", "training")(0.0) > 0
    assert len(parts.watched.starts) == 3  # a turn counts its own steps only


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("optim", [{"kind": "sgd", "lr": 0.1}, {"kind": "adam", "lr": 1e-2, "clip": 0.1}], ids=str)
@pytest.mark.parametrize("row", ["names-mlp-sgd", "lstm"])
@pytest.mark.parametrize("peer", params(TRAINERS))
def test_a_library_makes_the_plain_loops_steps(peer, row, optim, tmp_path):
    place, batches = place_of(choose([row])[0], **optim), []
    parts = parts_of(place, tmp_path, batches)
    peer_turns.peer_turn(parts, peer.package, "training")(0.05)
    assert_same_steps(place, parts, batches)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("peer", params(FINDERS))
def test_a_library_tries_all_points_and_puts_the_weights_back(peer, tmp_path):
    place = place_of(choose(["find"])[0])
    parts = parts_of(place, tmp_path)
    turn = peer_turns.peer_turn(parts, peer.package, "find")
    before = weights(parts.watched.model)
    assert turn(0.0) > 0
    assert FIND_POINTS <= len(parts.watched.starts) <= FIND_POINTS + 1
    assert torch.equal(weights(parts.watched.model), before)


def test_every_peers_row_has_a_loop():
    rows = [row for row in ROWS if row.peer]
    assert {row.peer for row in rows} == set(PEERS)
    for row in rows:
        assert row.peer in (peer_turns._FIND if row.measures == "find" else peer_turns._TRAIN)
    assert choose(["peers"]) == rows
    assert [row.name for row in choose(["fastai"])] == ["fastai-mlp", "fastai-lstm", "fastai-find"]


def test_what_is_here_and_what_is_not_is_told(monkeypatch):
    real, missing = Peer("typer", "typer"), Peer("nobody-has-it", "nobody_has_it")
    unknown = Peer("nobody-has-it", "json")
    assert real.version[0].isdigit()
    assert (missing.version, unknown.version) == (None, "of unknown version")
    monkeypatch.setattr("lrtui.bench.peers.PEERS", {"typer": real, "nobody-has-it": missing})
    here, missing_too = f"peers here: typer {real.version}", "not installed: nobody-has-it"
    assert told(["typer", "nobody-has-it", "typer"]) == f"{here}; {missing_too}"
    assert told(["typer"]) == here
    assert told(["nobody-has-it"]) == missing_too


def test_the_preamble_tells_of_peers_where_there_are_some():
    rows = choose(["fastai", "lstm"])
    assert "fastai" in preamble(rows, "2.13.0", 1, 0.5, 7)
    assert "fastai" not in preamble([row for row in rows if not row.peer], "2.13.0", 1, 0.5, 7)
    line = missing_line(rows[-1], "not \x1b[31minstalled")
    assert line.startswith("fastai-find")
    assert "\x1b" not in line
    assert line.index("not") == HEADING.index("parameters")


@pytest.mark.skipif(LR_FINDER.version is not None, reason="torch-lr-finder is installed")
def test_a_library_that_cannot_be_loaded_is_a_sentence(tmp_path):
    row = choose(["torch-lr-finder"])[0]
    row = replace(row, sets=(*row.sets, "corpus.name=sums"))
    with (
        pytest.raises(LoopError, match=r"the loop of torch-lr-finder has ended \(exit 1\): ModuleNotFoundError"),
        LoopProcess(row, row.config(1), tmp_path) as process,
    ):
        assert not math.isnan(process.turn(0.0))
