"""What bf16 costs in loss: the same run of a GPT in both precisions, evaluated on the same text."""

from __future__ import annotations

from pathlib import Path

from lrtui.bench.measure import Measure
from lrtui.bench.rows import choose
from lrtui.config.load import override
from lrtui.engine.build import load_data, make_workplace
from lrtui.engine.session import Session
from lrtui.errors import LrtuiError
from lrtui.messages import Finished

STEPS, EVAL_BATCHES = 2000, 100


def measure_precision(folder: Path, threads: int, steps: int = STEPS) -> Measure:
    """Train nanoGPT's CPU setting for `steps` in fp32 and in bf16: how much higher bf16's loss on validation ends."""
    losses = [_val(folder, threads, steps, precision) for precision in ("fp32", "bf16")]
    worse = 1000 * (losses[1] - losses[0])
    return Measure("gpt, val in bf16 − in fp32", worse, "millinats", 10, True, (worse,))


def _val(folder: Path, threads: int, steps: int, precision: str) -> float:
    row = choose(["gpt"])[0]
    config = override(
        row.config(threads),
        {
            "train": {"steps": steps, "precision": precision, "eval_batches": EVAL_BATCHES},
            "schedule": {"kind": "cosine", "warmup": min(100, steps // 10)},
        },
    )
    place = make_workplace(config, load_data(config, folder))
    *_, end = Session(place.config, place.train, place.data.vocabulary, place.evaluation).run()
    if not isinstance(end, Finished) or end.val_loss is None:
        raise LrtuiError(f"the run of the bench did not come to its end: {end}")
    return end.val_loss
