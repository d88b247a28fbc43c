"""The list of runs: what each is, even where its files are broken, and how one is removed."""

import os
import shutil
from pathlib import Path

import pytest

from lrtui.errors import UsageError
from lrtui.messages import Stopped
from lrtui.runs.catalog import Catalog, delete_run, last_sample, list_runs, model_label, summarize
from lrtui.runs.directory import create_run, run_names
from lrtui.runs.events import EventLog
from lrtui.runs.lock import RunLock
from lrtui.runs.metrics import MetricsWriter
from tests.runs.story import block, evaluated, started, told_run


def test_a_finished_run(tmp_path: Path) -> None:
    run = told_run(tmp_path)
    summary = summarize(run)
    assert (summary.state, summary.step, summary.steps, summary.changes) == ("finished", 1000, 1000, 1)
    assert (summary.model, summary.corpus, summary.parameters) == ("lstm 2×256", "names", 3481)
    assert (summary.val, summary.best, summary.best_step) == (2.1, 2.1, 1000)
    assert summary.loss == pytest.approx(2.08, abs=0.02)
    assert summary.lr == 0.01
    assert summary.bytes == sum(file.stat().st_size for file in run.path.iterdir())
    assert 0 <= summary.age < 60


def test_the_four_states(tmp_path: Path) -> None:
    finished = told_run(tmp_path, "finished")
    saved, crashed = (create_run(tmp_path, name) for name in ("saved", "crashed"))
    for run in (saved, crashed):
        with EventLog(run) as log:
            log.append(started(run.name))
    with EventLog(saved) as log:
        log.append(Stopped(step=10, cause="SIGTERM", state_sha256="", resume="lrtui resume saved"))
    assert {summary.name: summary.state for summary in list_runs(tmp_path)} == {
        "finished": "finished",
        "saved": "saved",
        "crashed": "crashed",
    }
    with RunLock(finished):
        assert summarize(finished).state == "live"


def test_progress_comes_from_the_metrics_and_goes_back_with_a_rewind(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    with EventLog(run) as log, MetricsWriter(run, 0) as metrics:
        log.append(started(steps=5000))
        metrics.write(block(0))
        metrics.write(block(100))
    summary = summarize(run)
    assert (summary.step, summary.steps) == (200, 5000)
    assert summary.loss == pytest.approx(3.18, abs=0.05)
    MetricsWriter(run, 50).close()
    assert summarize(run).step == 50


def test_a_broken_run_is_listed_and_does_not_hide_the_others(tmp_path: Path) -> None:
    told_run(tmp_path, "whole")
    create_run(tmp_path, "empty")
    broken = told_run(tmp_path, "broken")
    broken.config_toml.write_bytes(b"\xff\xfe not toml [")
    broken.events.write_bytes(b"\0\0\0")
    for segment in broken.segments():
        broken.metrics(segment).write_bytes(b"garbage\nmore")
    unreadable = create_run(tmp_path, "unreadable")
    unreadable.events.mkdir()
    summaries = {summary.name: summary for summary in list_runs(tmp_path)}
    assert summaries.keys() == {"whole", "empty", "broken", "unreadable"}
    assert summaries["unreadable"].state == "unreadable"
    assert summaries["broken"].loss is None
    assert summaries["whole"].state == "finished"


def test_hostile_configs_are_no_model(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    for text in ("model = 3", "train = [1]", '[model]\nkind = ["a"]\nhidden = "\\u001b"', "a = " + "[" * 5000):
        run.config_toml.write_text(text)
        assert summarize(run).state == "crashed"


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ({"kind": "gpt", "layers": 4, "hidden": 128}, "gpt 4×128"),
        ({"kind": "mlp", "layers": 1, "hidden": 100}, "mlp 100"),
        ({"kind": "bigram", "hidden": 100}, "bigram"),
        ({}, ""),
    ],
)
def test_model_labels(model: dict[str, object], label: str) -> None:
    assert model_label(model) == label


def test_the_newest_first(tmp_path: Path) -> None:
    runs = [told_run(tmp_path, name) for name in ("old", "middle", "new")]
    for age, run in zip((300, 200, 100), runs, strict=True):
        for file in run.path.iterdir():
            os.utime(file, (1e9 - age, 1e9 - age))
    summaries = list_runs(tmp_path)
    assert [summary.name for summary in summaries] == ["new", "middle", "old"]


def test_a_refused_resume_makes_a_run_no_younger(tmp_path: Path) -> None:
    run = told_run(tmp_path)
    for file in run.path.iterdir():
        os.utime(file, (1e9, 1e9))
    with RunLock(run):
        run.worker_log.write_text("refused\n")
    assert summarize(run, now=1e9 + 500).age == 500


def test_losses_that_are_no_number_do_not_become_the_best(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    with EventLog(run) as log:
        for event in (started(), evaluated(100, 2.5), evaluated(200, None)):
            log.append(event)
    summary = summarize(run)
    assert (summary.best, summary.best_step, summary.val) == (2.5, 100, 2.5)


def test_deleting(tmp_path: Path) -> None:
    run = told_run(tmp_path)
    told_run(tmp_path, "other")
    with RunLock(run), pytest.raises(UsageError, match="quiet-otter is live"):
        delete_run(tmp_path, run.name)
    assert run.events.exists()
    delete_run(tmp_path, run.name)
    assert run_names(tmp_path) == ["other"]
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["other"]
    with pytest.raises(UsageError):
        delete_run(tmp_path, run.name)


def test_a_run_that_could_not_be_removed_wholly_is_no_run_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = told_run(tmp_path)
    remove = shutil.rmtree
    for _ in range(2):
        monkeypatch.setattr(shutil, "rmtree", lambda path: (_ for _ in ()).throw(OSError(5, "I/O error")))
        with pytest.raises(Exception, match="cannot delete"):
            delete_run(tmp_path, run.name)
        assert run_names(tmp_path) == []
        run = told_run(tmp_path)
    monkeypatch.setattr(shutil, "rmtree", remove)
    delete_run(tmp_path, run.name)


def test_a_catalog_reads_only_what_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = {name: told_run(tmp_path, name) for name in ("one", "two", "three")}
    catalog, read = Catalog(tmp_path), []
    monkeypatch.setattr("lrtui.runs.catalog.summarize", lambda run, now: read.append(run.name) or summarize(run, now))

    def names() -> set[str]:
        return {summary.name for summary in catalog.look()}

    assert names() == set(read) == {"one", "two", "three"}
    read.clear()
    assert len(catalog.look()) == 3
    assert read == []
    with MetricsWriter(runs["two"], 1000) as metrics:
        metrics.write(block(1000))
    catalog.look()
    assert read == ["two"]
    runs["three"].checkpoint(1000).mkdir(parents=True)
    runs["one"].config_toml.unlink()
    catalog.look()
    assert read == ["two", "one", "three"]
    shutil.rmtree(runs["one"].path)
    assert names() == {"two", "three"}


def test_a_catalog_says_what_a_list_says_and_time_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    run = told_run(tmp_path)
    catalog = Catalog(tmp_path)
    now = time.time() + 60
    monkeypatch.setattr("time.time", lambda: now)
    first = catalog.look()
    assert first == list_runs(tmp_path)
    monkeypatch.setattr("time.time", lambda: now + 100)
    assert catalog.look()[0].age == pytest.approx(first[0].age + 100)
    with RunLock(run):
        assert catalog.look()[0].state == "live"
    assert catalog.look()[0].state == "finished"


def test_a_run_that_vanishes_while_it_is_looked_at_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told_run(tmp_path)
    monkeypatch.setattr("lrtui.runs.catalog.run_names", lambda home: ["quiet-otter", "gone"])
    assert [summary.name for summary in Catalog(tmp_path).look()] == ["quiet-otter"]


@pytest.mark.parametrize("steps", ["'many'", "true", "-3", "inf", "1979-05-27", "9" * 40])
def test_a_total_that_is_none(tmp_path: Path, steps: str) -> None:
    run = create_run(tmp_path, "otter")
    run.config_toml.write_text(f"[train]\nsteps = {steps}\n")
    assert summarize(run).steps == 0


def test_the_last_sample_is_read_from_the_end(tmp_path: Path) -> None:
    run = told_run(tmp_path)
    sample = last_sample(run)
    assert sample is not None
    assert (sample.step, sample.text[:4]) == (1000, "emma")
    whole = run.samples.read_bytes()
    run.samples.write_bytes(b"x" * 200_000 + b"\n" + whole + b"not json\n" + whole[:20])
    assert last_sample(run) == sample
    run.samples.write_bytes(b"")
    assert last_sample(run) is None
    run.samples.unlink()
    assert last_sample(run) is None
