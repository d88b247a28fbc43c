"""A sweep that cannot begin says why in a sentence, and leaves neither a directory nor a process."""

import resource
from pathlib import Path

import pytest

from lrtui.cluster.pack_server import PackServer
from lrtui.cluster.wire import Capture, Done, Frame, Setup
from lrtui.errors import DeviceError, LrtuiError, UsageError
from lrtui.runs.directory import run_names
from lrtui.worker.open_files import allow_files
from lrtui.worker.sweep_begin import SweepOptions, begin_sweep
from tests.small import small_config

CONFIG = small_config("bigram", corpus={"name": "sums"}, train={"steps": 20, "threads": 1, "device": "cpu"})


class Refusing:
    """A member that is interrupted, or that cannot be set up."""

    def __init__(self, error: BaseException) -> None:
        self.error, self.closed = error, False

    def post(self, job: Frame) -> None:
        pass

    def take(self) -> Done:
        raise self.error

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("error", [LrtuiError("this machine has not"), KeyboardInterrupt()])
def test_where_its_members_cannot_be_set_up_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: BaseException
) -> None:
    member = Refusing(error)
    monkeypatch.setattr("lrtui.worker.sweep_engine.local_members", lambda *_: [member])
    with pytest.raises(type(error)):
        begin_sweep(CONFIG, tmp_path, SweepOptions(rates=[0.01, 0.1], devices=["cpu"]), "s")
    assert run_names(tmp_path) == []
    assert member.closed


def test_a_device_that_is_not_there_is_refused_whichever_it_is(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="this machine has"):
        begin_sweep(CONFIG, tmp_path, SweepOptions(rates=[0.01, 0.1], devices=["cpu", "cuda:999"]))
    assert run_names(tmp_path) == []


def test_seeds_that_would_pass_the_greatest_are_refused(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"train": CONFIG.train.model_copy(update={"seed": 2**63 - 2})})
    with pytest.raises(UsageError, match=r"3 seeds from train\.seed = 9223372036854775806 on would end above"):
        begin_sweep(config, tmp_path, SweepOptions(rates=[0.01, 0.1], seeds=3))
    assert run_names(tmp_path) == []


def test_a_server_that_could_not_be_set_up_says_so_to_every_job() -> None:
    server = PackServer()
    wrong = server.answer(Setup(CONFIG.model_dump_json(), "", version="0"))
    assert "lrtui 0 sweeps" in wrong.error
    assert server.answer(Capture(0)) == wrong


class Limits:
    """The limit of open files, as `resource` tells and sets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, soft: int, hard: int) -> None:
        self.now = (soft, hard)
        monkeypatch.setattr(resource, "getrlimit", lambda _: self.now)
        monkeypatch.setattr(resource, "setrlimit", self.set)

    def set(self, _: int, wanted: tuple[int, int]) -> None:
        self.now = wanted


@pytest.mark.parametrize(
    ("soft", "hard", "then"),
    [
        (256, 4096, 1324),
        (256, 400, 400),
        (256, resource.RLIM_INFINITY, 1324),
        (2000, 4096, 2000),
        (resource.RLIM_INFINITY,) * 3,
    ],
)
def test_a_low_limit_of_open_files_is_raised(monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, then: int) -> None:
    limits = Limits(monkeypatch, soft, hard)
    allow_files(300)
    assert limits.now == (then, hard)


def test_where_too_few_files_can_be_open_a_sweep_says_so_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Limits(monkeypatch, 256, 300)
    with pytest.raises(UsageError, match="a sweep of 300 lanes needs 364 open files; this system allows 300"):
        begin_sweep(CONFIG, tmp_path, SweepOptions(rates=[0.001 * (1 + i) for i in range(300)]))
    assert run_names(tmp_path) == []
