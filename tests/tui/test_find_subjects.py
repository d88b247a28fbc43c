"""Whose rate is sought, and what applying it would do: to a live run, to one that has ended, to a form."""

from dataclasses import replace

import pytest

from lrtui.config.load import load_config
from lrtui.lr.ledger import set_rate
from lrtui.messages import RateChanged
from lrtui.tui.find_options import FindOptions
from lrtui.tui.find_subjects import ended_sought, form_sought, is_over, live_sought
from lrtui.tui.find_words import Sought
from lrtui.tui.own_test import OwnTest, without_rate
from lrtui.tui.state import RunView
from tests.tui.found import TESTED, found, stepped
from tests.tui.views import view

OPTIONS = FindOptions()


def live(run: RunView, read_only: bool = False) -> Sought:
    return live_sought(run, None, "", OPTIONS, read_only=read_only, keymap={})


def test_a_live_run_says_what_its_rate_would_become() -> None:
    sought = live(view(findings=found(TESTED)))
    assert sought.offered == "sets the rate, 2e-3 → 1e-2: the rate stays there"
    assert (sought.now, sought.closed, sought.applied) == (2e-3, "", "")
    assert sought.default == (1e-6, 1.0)
    assert live(view()).offered == ""


def test_who_only_watches_sees_and_may_not() -> None:
    sought = live(view(findings=found(TESTED)), read_only=True)
    assert "only watches" in sought.closed
    assert sought.findings.tested == TESTED
    assert "not begun" in live(view(condition="opening")).closed


def set_to(before: RunView, lr: float, at: int) -> RunView:
    assert before.rate is not None
    entry = set_rate(before.rate, at, lr)
    change = RateChanged(at, entry=entry, old=2e-3, new=lr, cause="user")
    return replace(before, history=replace(before.history, changes=(change,), entries=(entry,)))


def test_what_was_applied_is_said_until_something_else_changes() -> None:
    run = view(findings=found(TESTED))
    assert live(set_to(run, 1e-2, 405)).applied.startswith("set at step 405: 2e-3 → 1e-2")
    assert live(set_to(run, 1e-2, 100)).applied == "", "that was before the test"
    assert live(set_to(run, 3e-3, 405)).applied == ""


@pytest.mark.parametrize("condition", ["finished", "stopped", "crashed"])
def test_an_ended_run_shows_its_log_until_its_checkpoint_is_tested(condition: str) -> None:
    run = view(condition=condition, findings=found(TESTED))
    assert is_over(run)
    sought = ended_sought(run, None, OPTIONS, read_only=False, keymap={})
    assert (sought.findings.tested, sought.offered) == (TESTED, "asks how the run goes on at 1e-2")
    own = OwnTest("checkpoint", ("quiet-otter",)).begun("find")
    begun = ended_sought(run, own, OPTIONS, read_only=False, keymap={})
    assert (begun.busy, begun.findings.tested) == ("find", TESTED)
    told = ended_sought(run, own.told(stepped(0, 8)), OPTIONS, read_only=False, keymap={})
    assert told.findings.losses == tuple(TESTED.losses[:8])
    failed = ended_sought(run, own.ended("no checkpoint"), OPTIONS, read_only=False, keymap={})
    assert (failed.busy, failed.problem) == ("", "no checkpoint")


def test_a_deleted_run_cannot_be_tested() -> None:
    assert "deleted" in ended_sought(view(condition="deleted"), None, OPTIONS, read_only=False, keymap={}).closed


def test_a_form_is_offered_its_rate() -> None:
    config = load_config(preset="names-mlp")
    own = OwnTest("form", ()).told(TESTED)
    sought = form_sought(config, "names-mlp", "", own, OPTIONS)
    assert sought.offered == "writes optim.lr = 1e-2 into the form (now 0.1)".replace("0.1", "1e-1")
    assert (sought.now, sought.default, sought.applied) == (0.1, (1e-4, 10.0), "")
    set_already = config.model_copy(update={"optim": config.optim.model_copy(update={"lr": 0.01})})
    assert form_sought(set_already, "", "", own, OPTIONS).applied == "optim.lr = 1e-2 stands in the form"
    assert form_sought(None, "", "train.steps: too few", None, OPTIONS).closed == "train.steps: too few"


def test_what_our_own_process_is_asked() -> None:
    own = OwnTest("form", ("--preset", "names-mlp"))
    assert own.command(OPTIONS.find) == [
        "find", "--preset", "names-mlp", "--json", "--progress", "--points", "100"
    ]  # fmt: skip
    options = FindOptions.parse("1e-5:10 50 linear confirm 3 60", (1e-6, 1.0))
    words = own.command(options.find, options.confirm(TESTED), 3)
    assert " ".join(words[6:]) == "50 --range 1e-05:10.0 --linear --confirm 3 --confirm-steps 60"


def test_a_rate_of_ones_own_makes_no_other_model() -> None:
    words = ["--preset", "x", "--set", "optim.lr=0.1", "--set", "train.seed=3"]
    assert without_rate(words) == ("--preset", "x", "--set", "train.seed=3")
