"""The `--at` script: what of it a run does not come to."""

from lrtui.engine.inbox import out_of_reach, parse_script


def unreachable(*lines: str) -> list[str]:
    return out_of_reach(parse_script(lines), lines, 30)


def test_a_line_beyond_the_last_step_is_told() -> None:
    told = unreachable("31: decay", "30:undo", "5:hold")
    assert told == ["--at 31: decay is never reached unless the run is extended: it ends at step 30"]


def test_a_script_that_extends_the_run_may_go_beyond_its_end() -> None:
    assert unreachable("20:extend 100 keep", "80:decay") == []
