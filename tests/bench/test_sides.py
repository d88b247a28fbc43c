"""Both sides of a row really train, and the process is left as it was found."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lrtui.bench.loop_process import LoopProcess, loop_turn
from lrtui.bench.precision import measure_precision
from lrtui.bench.rows import choose
from lrtui.bench.sampling_sides import QuarterSide
from lrtui.bench.sides import EngineSide, FindSide, measure
from lrtui.bench.sweep_sides import RunsSide, SweepSide
from lrtui.config.load import override
from lrtui.engine.build import load_data, make_workplace
from lrtui.errors import LrtuiError
from lrtui.lr.halving import grid
from lrtui.runs.directory import open_run, run_names
from lrtui.runs.metrics import read_metrics
from lrtui.runs.sweeps import read_sweep

# `sums` is made in a moment; the bench's own texts take a second
SMALL = ("corpus.name=sums", "train.batch=4")


def small(name):
    row = choose([name])[0]
    return replace(row, sets=(*row.sets, *SMALL))


class InThisProcess:
    """A plain loop without the seconds that a process takes to load torch."""

    def __init__(self, row, config, folder):
        self.turn = loop_turn(config, folder, row.measures, row.peer)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


@pytest.mark.parametrize("name", ["names-mlp-adam", "lstm", "lstm-layers", "names-mlp-16-lanes", "find", "sample-lstm"])
def test_both_sides_of_a_row_train(name, tmp_path, monkeypatch):
    monkeypatch.setattr("lrtui.bench.sides.LoopProcess", InThisProcess)
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    figures = measure(small(name), tmp_path, threads=1, seconds=0.02, rounds=3)
    assert len(figures.outcome.ours) == len(figures.outcome.theirs) == 3
    assert min(*figures.outcome.ours, *figures.outcome.theirs) > 0
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


def test_the_plain_loop_has_a_process_of_its_own(tmp_path):
    row = small("names-mlp-sgd")
    with LoopProcess(row, row.config(1), tmp_path) as alone:
        assert alone.turn(0.001) > 0
        process = alone._process
        assert process.pid != os.getpid()
        process.kill()
        with pytest.raises(LrtuiError, match=r"the plain loop of the bench has ended \(exit -9\): silently"):
            alone.turn(0.001)
    assert process.poll() == -9


def test_a_plain_loop_that_cannot_begin_is_a_sentence(tmp_path):
    row = small("names-mlp-sgd")
    config = override(row.config(1), {"model": {"layers": 2}})
    with (
        pytest.raises(LrtuiError, match=r"has ended \(exit 1\): ValueError: no plain loop"),
        LoopProcess(row, config, tmp_path),
    ):
        pass


def test_our_side_writes_every_step_it_counts(tmp_path):
    config = small("names-mlp-sgd").config(1)
    side = EngineSide(make_workplace(config, load_data(config, tmp_path)), tmp_path)
    side.ready()
    steps = sum(side.work() for _ in range(4))
    (name,) = run_names(tmp_path)
    series = read_metrics(open_run(tmp_path, name))
    assert list(series.step) == list(range(steps))
    assert len(series.grad_norm) == len(series.loss) == steps
    assert len(set(series.loss)) > steps / 2


@pytest.mark.parametrize("lanes", [2, 4])
def test_a_sweep_of_the_bench_counts_as_one_run(lanes, tmp_path, monkeypatch):
    monkeypatch.setattr("lrtui.bench.sweep_sides.SWEEP_STEPS", 40)
    row = replace(small("sweep-16"), lanes=lanes, eta=2 * (lanes > 2))
    side = SweepSide(row, row.config(1), tmp_path)
    side.ready()
    assert [side.work(), side.work()] == [40, 40]
    histories = [read_sweep(open_run(tmp_path, name)) for name in run_names(tmp_path)]
    assert all(len(history.rows) == lanes and history.swept for history in histories)


def test_the_runs_that_a_sweep_spares_have_its_rates(tmp_path, monkeypatch):
    monkeypatch.setattr("lrtui.bench.sweep_sides.SWEEP_STEPS", 20)
    monkeypatch.setattr("lrtui.bench.sweep_sides.HIGH", 0.1)
    row = replace(small("sweep-16-runs"), lanes=3)
    config = row.config(1)
    side = RunsSide(row, make_workplace(config, load_data(config, tmp_path)), tmp_path)
    side.ready()
    assert side.work() == 20
    series = [read_metrics(open_run(tmp_path, name)) for name in run_names(tmp_path)]
    assert {rate for each in series for rate in each.lr} == set(grid(1e-3, 0.1, 3))
    assert [len(each.step) for each in series] == [20] * 3


def test_a_run_that_ends_says_so(tmp_path):
    config = override(small("names-mlp-sgd").config(1), {"train": {"steps": 1}})
    side = EngineSide(make_workplace(config, load_data(config, tmp_path)), tmp_path)
    assert side.work() == 1
    with pytest.raises(LrtuiError, match="has ended"):
        side.work()


def test_a_range_test_of_the_bench_tries_all_its_points():
    config = small("find").config(1)
    side = FindSide(make_workplace(config, load_data(config, Path("."))))
    assert side.work() == side.work() == 1000


def test_quarters_of_a_block_are_written_again_and_again():
    row = choose(["sample-gpt-late"])[0]
    config = replace(row, sets=(*row.sets, "corpus.name=sums", "train.block=32")).config(1)
    place = make_workplace(config, load_data(config, Path(".")))
    for quarter in (0, 3):
        side = QuarterSide(place, quarter)
        side.ready()
        for _ in range(2):
            assert side.work() == 8
            assert side.reader.told[: 8 * quarter] == place.data.train[: 8 * quarter].tolist()
            assert len(side.reader.told) == 8 * (quarter + 1)


def test_what_bf16_costs_in_loss_is_a_figure_in_millinats(tmp_path, monkeypatch):
    sets = ("corpus.name=sums", "train.batch=2", "train.block=8", "model.hidden=16", "model.heads=2", "model.layers=1")
    row = choose(["gpt"])[0]
    monkeypatch.setattr("lrtui.bench.precision.choose", lambda names: [replace(row, sets=(*row.sets, *sets))])
    measure = measure_precision(tmp_path, threads=1, steps=20)
    assert abs(measure.value) < 50
    assert (measure.unit, measure.goal, measure.at_most) == ("millinats", 10, True)
