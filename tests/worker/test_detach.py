"""What a worker said before its run began becomes an error of ours, with its message and its hint."""

import pytest

from lrtui.worker.detach import WorkerFailedError


@pytest.mark.parametrize(
    ("said", "message", "hint", "sentence"),
    [
        ("", "the worker ended with exit code 65", "", "the worker ended with exit code 65"),
        ("lrtui: there is no run\n", "there is no run", "", "there is no run"),
        ("lrtui: no such file: /a\nPaths begin here.\n", "no such file: /a", "Paths begin here.", None),
        ("  1% of names\nlrtui: no network\nTry again.\n", "no network", "Try again.", None),
        (
            "lrtui: a: wrong\nb: wrong\nCorrect it.",
            "a: wrong\nb: wrong",
            "Correct it.",
            "a: wrong; b: wrong. Correct it.",
        ),
        ("Killed by something", "Killed by something", "", "Killed by something"),
    ],
)
def test_it_has_the_message_and_the_hint(said: str, message: str, hint: str, sentence: str | None) -> None:
    error = WorkerFailedError(said, 65)
    assert (error.message, error.hint, error.exit_code) == (message, hint, 65)
    assert error.sentence == (sentence or f"{message}. {hint}")


def test_the_traceback_of_a_bug_is_kept_but_is_no_sentence() -> None:
    error = WorkerFailedError("Traceback (most recent call last):\n  x\nlrtui: this is a bug", 70)
    assert error.sentence == "this is a bug"
    assert "Traceback" in str(error)
    assert WorkerFailedError("", -9).exit_code == 70
