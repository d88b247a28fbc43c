"""Makes `range_traces.json` with fastai's and Lightning's own functions; neither is a dependency of the project.

In an environment of its own: pip install torch==2.13.0 fastai lightning, uninstall torchvision where it was built for
another torch (nothing here needs it), then python make_traces.py. Each trace
records what went in (rates, raw losses), what the library smoothed it to, and what its rules said.
"""

import importlib.metadata
import json
import math
import tempfile
import warnings
from functools import partial
from pathlib import Path

import lightning
import torch
from fastai.callback.schedule import SuggestionMethod, minimum, slide, steep, valley
from fastai.data.core import DataLoaders
from fastai.learner import AvgSmoothLoss, Learner
from fastai.optimizer import SGD, Adam
from lightning.pytorch.tuner import Tuner
from lightning.pytorch.tuner.lr_finder import _LRFinder
from torch import Tensor, nn

FASTAI = {"valley": valley, "minimum": minimum, "slide": slide, "steep": steep}
warnings.filterwarnings("ignore")


def task() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(4096, 10, generator=generator)
    return x, (x @ torch.randn(10, 6, generator=generator) + torch.randn(4096, 6, generator=generator)).argmax(1)


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 6))


def numbers(values: object) -> list[float | None]:
    """Nine digits: a float32 exactly."""
    told = torch.as_tensor(values, dtype=torch.float64).flatten().tolist()
    return [None if math.isnan(value) else float(f"{value:.9g}") for value in told]


def rules(lrs: Tensor, losses: Tensor, points: int) -> dict[str, float]:
    """What fastai's functions say of what its `lr_find` would hand them."""
    return {name: rule(lrs, losses, points)[0] for name, rule in FASTAI.items()}


def windowed(lrs: Tensor, smoothed: Tensor, points: int) -> tuple[Tensor, Tensor]:
    lrs, losses = lrs[points // 10 : -5], smoothed[points // 10 : -5]
    bad = torch.nonzero(torch.isnan(losses))
    return (lrs[: int(bad[0])], losses[: int(bad[0])]) if len(bad) else (lrs, losses)


def linear(lrs: Tensor, smoothed: Tensor, points: int, skip_end: int = 5) -> float | None:
    """Lightning's suggestion on the same window as fastai's."""
    finder = _LRFinder("exponential", float(lrs[0]), float(lrs[-1]), points)
    finder.results = {"lr": lrs.tolist(), "loss": smoothed.tolist()}
    return finder.suggestion(skip_begin=points // 10, skip_end=skip_end)


def fastai_run(optimizer: object, points: int, low: float, high: float, seed: int) -> dict[str, object]:
    """fastai's `lr_find` from end to end."""
    dataset = torch.utils.data.TensorDataset(*task())
    torch.manual_seed(seed)
    loader = torch.utils.data.DataLoader(dataset, 32, shuffle=True)
    with tempfile.TemporaryDirectory() as folder:
        learner = Learner(
            DataLoaders(loader, loader),
            network(seed),
            loss_func=nn.CrossEntropyLoss(),
            opt_func=optimizer,
            path=folder,
        )
        raw: list[float] = []
        learner.loss_func = lambda *args: keep(raw, nn.functional.cross_entropy(*args))
        methods = (SuggestionMethod.Valley, SuggestionMethod.Minimum, SuggestionMethod.Slide, SuggestionMethod.Steep)
        with learner.no_bar():
            said = learner.lr_find(low, high, points, show_plot=False, suggest_funcs=methods)
    recorder = learner.recorder
    lrs, smoothed = torch.tensor(recorder.lrs), torch.stack(list(recorder.losses))
    return {
        "library": "fastai",
        "points": points,
        "lrs": numbers(recorder.lrs),
        "raw": numbers(raw[: len(lrs)]),
        "smoothed": numbers(smoothed),
        "rules": dict(zip(said._fields, said, strict=True)) | {"lightning_linear": linear(lrs, smoothed, points)},
    }


def keep(raw: list[float], loss: Tensor) -> Tensor:
    raw.append(float(loss))
    return loss


class Module(lightning.LightningModule):
    """The task for Lightning, which wants a module that knows its rate."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.lr, self.net, self.raw = 0.1, network(seed), list[float]()

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        return keep(self.raw, nn.functional.cross_entropy(self.net(batch[0]), batch[1]))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), self.lr)


def lightning_run(points: int, low: float, high: float, seed: int) -> dict[str, object]:
    """Lightning's `lr_find` from end to end, on its own window: without the first 10 points and the last."""
    module = Module(seed)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*task()), 32)
    with tempfile.TemporaryDirectory() as folder:
        quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
        trainer = lightning.Trainer(max_epochs=9, accelerator="cpu", default_root_dir=folder, **quiet)
        finder = Tuner(trainer).lr_find(module, loader, min_lr=low, max_lr=high, num_training=points)
    lrs, smoothed = torch.tensor(finder.results["lr"], dtype=torch.float64), finder.results["loss"]
    return {
        "library": "lightning",
        "points": points,
        "lrs": numbers(lrs),
        "raw": numbers(module.raw[: len(smoothed)]),
        "smoothed": numbers(smoothed),
        "skip": [10, 1],
        "rules": {"lightning_linear": finder.suggestion()},
    }


def made(name: str, points: int, raw: Tensor) -> dict[str, object]:
    """A curve made by hand through fastai's smoothing and everybody's functions."""
    average, smoothed = AvgSmoothLoss(beta=0.98), []
    for loss in raw:
        average.accumulate(type("Learner", (), {"loss": loss}))
        smoothed.append(average.value)
    lrs = 10 ** torch.linspace(-5, 1, points, dtype=torch.float32)[: len(raw)]
    losses = torch.stack(smoothed)
    return {
        "library": "functions",
        "name": name,
        "points": points,
        "lrs": numbers(lrs),
        "raw": numbers(raw),
        "smoothed": numbers(losses),
        "rules": rules(*windowed(lrs, losses, points), points) | {"lightning_linear": linear(lrs, losses, points)},
    }


def curves() -> list[dict[str, object]]:
    noise = torch.Generator().manual_seed(3)
    x = torch.linspace(0, 1, 100)
    valley_ = 4.0 - 2.0 * torch.sigmoid(14 * (x - 0.45)) + 4.0 * torch.relu(x - 0.8) / 0.2
    spiky = valley_ + 0.05 * torch.randn(100, generator=noise)
    spiky[::17] += 1.5
    cliff = torch.where(x < 0.7, 3.0 + 0.01 * torch.randn(100, generator=noise), 3.0 + 40 * (x - 0.7))
    ended = torch.cat([valley_[:88], torch.tensor([math.nan])])
    return [
        made("valley", 100, valley_),
        made("noisy valley", 100, valley_ + 0.1 * torch.randn(100, generator=noise)),
        made("spikes", 100, spiky),
        made("falling", 100, 4.0 - 2.0 * x),
        made("plateau then cliff", 100, cliff),
        made("ends in NaN", 100, ended),
    ]


def main() -> None:
    sgd, adam = partial(SGD, mom=0.0), partial(Adam, wd=0.0)
    traces = [
        fastai_run(sgd, 100, 1e-4, 100.0, 1),
        fastai_run(adam, 100, 1e-6, 10.0, 2),
        fastai_run(sgd, 200, 1e-3, 10.0, 3),
        lightning_run(100, 1e-4, 100.0, 4),
        *curves(),
    ]
    versions = {name: importlib.metadata.version(name) for name in ("fastai", "lightning", "torch", "numpy")}
    told = {"versions": versions, "traces": traces}
    Path(__file__).with_name("range_traces.json").write_text(json.dumps(told, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
