"""What a resume may change, what it refuses in a sentence, and what it says about it."""

import math
import shutil
import signal
from pathlib import Path

import pytest

from lrtui.messages import Finished, RateChanged, Rewound, RunResumed
from tests.processes import COSINE, Process, Zygote, small_flags


@pytest.fixture(scope="module")
def finished(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one finished cosine run of 120 steps, `base`."""
    home = tmp_path_factory.mktemp("resume")
    process = zygote.run("run", "--name", "base", *COSINE, "--at", "60:decay", "--json", home=home)
    assert process.code == 0, process.text()
    return home


@pytest.fixture
def home(finished: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    shutil.copytree(finished, tmp_path / "home")
    return tmp_path / "home"


def resume(zygote: Zygote, home: Path, *flags: str) -> Process:
    return zygote.run("resume", "base", *flags, "--json", home=home)


def test_a_finished_run_asks_for_more_steps(zygote: Zygote, home: Path) -> None:
    process = resume(zygote, home)
    assert process.code == 64
    assert "has finished its 120 steps" in process.text()


def test_more_steps_under_a_shape_that_depends_on_them_must_be_meant(zygote: Zygote, home: Path) -> None:
    process = resume(zygote, home, "--steps", "200")
    assert process.code == 64
    assert "--schedule keep|rescale|restart" in process.text()
    assert "cosine" in process.text()


@pytest.mark.parametrize("mode", ["keep", "rescale", "restart"])
def test_each_way_to_extend_is_an_entry_that_replays(zygote: Zygote, home: Path, mode: str) -> None:
    process = resume(zygote, home, "--steps", "200", "--schedule", mode, "--lr", "0.003")
    assert process.code == 0, process.text()
    events = process.events()
    assert isinstance(events[0], RunResumed)
    assert events[0].badge == "exact"
    changes = [e for e in events if isinstance(e, RateChanged)]
    assert (changes[0].entry.kind, changes[0].cause) == ("extend", "resume")
    assert changes[1].new == 0.003
    assert isinstance(events[-1], Finished)
    assert events[-1].step == 200
    assert zygote.run("replay", "base", home=home).code == 0


def test_lr_config_drops_live_edits_and_follows_the_file(zygote: Zygote, home: Path) -> None:
    config = home / "checkpoints" / "base" / "config.toml"
    text = config.read_text()
    assert "lr = 0.004" in text, text
    config.write_text(text.replace("lr = 0.004", "lr = 0.008"))
    process = resume(zygote, home, "--from", "80", "--lr", "config")
    assert process.code == 0, process.text()
    kinds = [e.entry.kind for e in process.events() if isinstance(e, RateChanged)]
    assert kinds == ["release", "scale"]
    last = [e for e in process.events() if isinstance(e, RateChanged)][-1]
    assert last.new == pytest.approx(0.008 * 0.5 * (1 + math.cos(math.pi * 80 / 120)))


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--steps", "50"], "can only give it more"),
        (["--steps", "200", "--schedule", "bend"], "keep, rescale or restart"),
        (["--from", "80", "--schedule", "keep"], "Add --steps"),
        (["--from", "80", "--lr", "fast"], "neither keep, config nor a rate"),
        (["--from", "80", "--lr", "-1"], "neither keep, config nor a rate"),
        (["--from", "7"], "no checkpoint at step 7"),
    ],
)
def test_what_cannot_be_is_a_sentence(zygote: Zygote, home: Path, flags: list[str], sentence: str) -> None:
    process = resume(zygote, home, *flags)
    assert process.code in (64, 74)
    assert sentence in process.text()
    assert "Traceback" not in process.text()


def test_going_back_to_a_checkpoint_leaves_a_ghost_and_replays(zygote: Zygote, home: Path) -> None:
    process = resume(zygote, home, "--from", "80")
    assert process.code == 0, process.text()
    rewinds = [e for e in process.events() if isinstance(e, Rewound)]
    assert [(r.to, r.entries, r.cause) for r in rewinds] == [(80, 1, "resume")]
    assert zygote.run("replay", "base", home=home).code == 0


def test_damage_is_told_and_the_checkpoint_before_is_used(zygote: Zygote, home: Path) -> None:
    newest = home / "checkpoints" / "base" / "steps" / "000000120" / "optim.safetensors"
    data = bytearray(newest.read_bytes())
    data[-5] ^= 1
    newest.write_bytes(data)
    process = resume(zygote, home)
    assert process.code == 0, process.text()
    first = process.events()[0]
    assert isinstance(first, RunResumed)
    assert first.step == 100
    assert "optim.safetensors" in first.skipped[0]


def test_all_damaged_it_stops_and_weights_only_goes_on_with_a_badge(zygote: Zygote, home: Path) -> None:
    for file in (home / "checkpoints" / "base" / "steps").glob("*/optim.safetensors"):
        file.write_bytes(b"")
    process = resume(zygote, home, "--steps", "150", "--schedule", "keep")
    assert process.code == 74
    assert "no checkpoint that can be trusted" in process.text()
    assert "--weights-only" in process.text()
    process = resume(zygote, home, "--steps", "150", "--schedule", "keep", "--weights-only")
    assert process.code == 0, process.text()
    assert process.events()[0].badge == "weights only"  # type: ignore[attr-defined]
    replayed = zygote.run("replay", "base", home=home)
    assert replayed.code == 1
    assert "(weights only)" in replayed.text()


def test_another_thread_count_is_told_by_name(zygote: Zygote, home: Path) -> None:
    config = home / "checkpoints" / "base" / "config.toml"
    config.write_text(config.read_text().replace("threads = 1", "threads = 2"))
    process = resume(zygote, home, "--from", "80")
    assert process.events()[1].badge == "continued: threads 1 → 2"  # type: ignore[attr-defined]


def test_a_changed_text_is_refused(zygote: Zygote, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("the quick brown fox jumps over the lazy dog\n" * 60)
    flags = [f for f in COSINE if not f.startswith("corpus.name")]
    flags = [f for i, f in enumerate(flags) if not (f == "--set" and flags[i + 1 : i + 2] in ([], ["--set"]))]
    process = zygote.run("run", "--name", "t", *flags, "--set", f"corpus.path={text}", home=tmp_path)
    assert process.code == 0, process.text()
    text.write_text("the quick brown fox jumps over the lazy cat\n" * 60)
    process = zygote.run("resume", "t", "--steps", "130", "--schedule", "keep", home=tmp_path)
    assert process.code == 65
    assert "has changed since run t began" in process.text()


def test_two_writers_are_refused(zygote: Zygote, home: Path) -> None:
    from lrtui.runs.directory import RunDirectory
    from lrtui.runs.lock import RunLock

    with RunLock(RunDirectory(home / "checkpoints" / "base")):
        process = resume(zygote, home, "--from", "80")
    assert process.code == 64
    assert "is being written by" in process.text()


def test_a_scripted_pause_waits_and_a_signal_saves_it(zygote: Zygote, tmp_path: Path) -> None:
    process = zygote.start("run", "--name", "p", *COSINE, "--at", "33:pause", "--json", home=tmp_path)
    process.wait_until(lambda: b'"paused"' in process.out.read_bytes())
    process.kill(signal.SIGUSR1)
    assert process.wait() == 75
    assert process.events()[-1].step == 33
    resumed = zygote.run("resume", "p", "--json", home=tmp_path)
    straight = zygote.run("run", "--name", "s", *COSINE, "--json", home=tmp_path)
    assert resumed.events()[-1].state_sha256 == straight.events()[-1].state_sha256  # type: ignore[attr-defined]


def test_a_bad_script_leaves_nothing_behind(zygote: Zygote, tmp_path: Path) -> None:
    for line in ("decay", "x:decay", "10:fly", "10:lr=fast", "10:scale=-1", "10:extend"):
        process = zygote.run("run", "--name", "bad", *COSINE, "--at", line, home=tmp_path)
        assert process.code == 64, process.text()
        assert "--at" in process.text()
    assert not (tmp_path / "checkpoints" / "bad").exists()


def steps_on_disk(home: Path) -> list[int]:
    return sorted(int(p.name) for p in (home / "checkpoints" / "base" / "steps").iterdir())


def test_going_back_leaves_room_for_new_checkpoints(zygote: Zygote, home: Path) -> None:
    assert resume(zygote, home, "--from", "80", "--lr", "0.001").code == 0
    assert steps_on_disk(home)[-1] == 120
    again = resume(zygote, home, "--steps", "125", "--schedule", "keep")
    assert again.events()[0].step == 120, "the newest of the new line, not one of the old"
    assert zygote.run("replay", "base", home=home).code == 0


def test_a_change_after_its_checkpoint_is_dropped_by_from_for_good(zygote: Zygote, tmp_path: Path) -> None:
    flags = [*COSINE, "--set", "schedule.kind=constant", "--at", "40:decay", "--at", "60:stop"]
    assert zygote.run("run", "--name", "base", *flags, home=tmp_path).code == 0
    for folder in (tmp_path / "checkpoints" / "base" / "steps").iterdir():
        if folder.name != "000000040":
            shutil.rmtree(folder)
    assert resume(zygote, tmp_path, "--from", "40").code == 0
    kept = resume(zygote, tmp_path, "--steps", "130").events()
    assert kept[0].entries == 0  # type: ignore[attr-defined]
    assert zygote.run("replay", "base", home=tmp_path).code == 0


PLATEAU = small_flags(
    model__kind="bigram",
    model__dropout=0.0,
    optim__kind="sgd",
    optim__lr=5.0,
    schedule__kind="plateau",
    schedule__patience=0,
    schedule__threshold=0.5,
    schedule__factor=0.5,
    train__steps=120,
    train__eval_every=20,
    train__checkpoint_every=50,
    train__sample_every=0,
)


def test_a_plateau_run_replays(zygote: Zygote, tmp_path: Path) -> None:
    process = zygote.run("run", "--name", "base", *PLATEAU, "--json", home=tmp_path)
    assert process.code == 0, process.text()
    cuts = [e for e in process.events() if isinstance(e, RateChanged)]
    assert len(cuts) >= 2
    assert {e.cause for e in cuts} == {"plateau"}
    replayed = zygote.run("replay", "base", home=tmp_path)
    assert replayed.code == 0, replayed.text()


def test_an_edited_setting_is_told_by_the_badge(zygote: Zygote, home: Path) -> None:
    config = home / "checkpoints" / "base" / "config.toml"
    config.write_text(config.read_text().replace("seed = 1337", "seed = 7"))
    process = resume(zygote, home, "--from", "80")
    assert process.events()[1].badge.startswith("continued: config ")  # type: ignore[attr-defined]


def test_weights_only_is_on_the_disk_at_once(zygote: Zygote, home: Path) -> None:
    process = resume(zygote, home, "--from", "80", "--weights-only")
    assert process.code == 0, process.text()
    assert process.events()[1].badge == "weights only"  # type: ignore[attr-defined]
    assert any(type(e).__name__ == "CheckpointSaved" and e.step == 80 for e in process.events())


def test_a_finished_cool_down_says_where_to_go_back_to(zygote: Zygote, tmp_path: Path) -> None:
    flags = [*COSINE, "--at", "50:cooldown 20"]
    assert zygote.run("run", "--name", "base", *flags, home=tmp_path).code == 0
    for more in ([], ["--steps", "150", "--schedule", "keep"]):
        process = resume(zygote, tmp_path, *more)
        assert process.code == 64
        assert "--from STEP" in process.text()


def test_killed_between_its_last_step_and_its_last_word_a_run_only_says_it(zygote: Zygote, home: Path) -> None:
    log = home / "checkpoints" / "base" / "events.jsonl"
    *lines, last = log.read_bytes().splitlines(keepends=True)
    assert b'"finished"' in last
    log.write_bytes(b"".join(lines))
    process = resume(zygote, home)
    assert process.code == 0, process.text()
    end = process.events()[-1]
    assert isinstance(end, Finished)
    assert f'"state_sha256":"{end.state_sha256}"'.encode() in last
