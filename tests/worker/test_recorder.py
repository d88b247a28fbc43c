"""Where training stands is on the disk at once, also while it waits."""

from pathlib import Path

from lrtui.messages import Rewound
from lrtui.runs.directory import create_run
from lrtui.runs.metrics import last_block, read_metrics
from lrtui.worker.recorder import Recorder
from tests.runs.story import block


def test_a_rewind_begins_a_segment_before_the_next_step(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    recorder = Recorder(run, 0)
    for event in (block(0), block(100)):
        assert list(recorder.record(event)) == []
    for to in (150, 50):  # undone twice while it waits
        assert list(recorder.record(Rewound(step=200, to=to, entries=0, cause="undo"))) == []
        last = last_block(run)
        assert last is not None
        assert (last.step, len(last.loss)) == (to, 0)
    list(recorder.record(block(50)))
    recorder.close()
    series = read_metrics(run)
    assert list(series.step) == list(range(150))
    assert [list(ghost.step) for ghost in series.ghosts] == [list(range(150, 200)), list(range(50, 150))]
