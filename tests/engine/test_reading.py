"""Every reader has the logits that the model gives when it reads the whole text at once."""

import pytest
import torch

from lrtui.engine.reading import CachedReader, Reader, StreamReader, reader_of
from lrtui.models.cells import Cell
from lrtui.models.gpt import GPT
from lrtui.models.gpt_cell import GPTCell
from lrtui.models.language_model import LanguageModel
from tests.small import FAMILIES, small_config, small_workplace

TOKENS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9]
every_kind = pytest.mark.parametrize("kind", FAMILIES)


def model_of(kind: str, lanes: int) -> LanguageModel:
    place = small_workplace(small_config(kind, model={"dropout": 0.5}), lanes=lanes)
    place.train.flat.values.normal_(0.0, 0.5, generator=torch.Generator().manual_seed(2))
    return place.train.model.eval()


def whole(model: LanguageModel, tokens: list[int], lane: int) -> torch.Tensor:
    """Logits `[V]` of one lane after `tokens`, of which the model sees as many as it can."""
    window = getattr(model, "context", None) or getattr(model, "block", len(tokens))
    logits = model(torch.tensor([tokens[-window:]]))[0]
    own = logits if model.lanes == 1 else logits[lane]
    return own[0] if model.reads == "contexts" else own[0, -1]


@every_kind
@pytest.mark.parametrize(("lanes", "lane"), [(1, 0), (3, 2)])
@torch.no_grad()
def test_piece_by_piece_is_as_good_as_all_at_once(kind: str, lanes: int, lane: int) -> None:
    model = model_of(kind, lanes)
    reader = reader_of(model, lane)
    for _ in range(2):
        done = 3  # as many as the mlp's context
        logits = reader.read(TOKENS[:done])
        for n in (1, 1, 2, 1, 1, 3, 1):
            torch.testing.assert_close(logits, whole(model, TOKENS[:done], lane), atol=2e-5, rtol=1e-5)
            logits = reader.read(TOKENS[done : done + n])
            done += n
        torch.testing.assert_close(logits, whole(model, TOKENS[:done], lane), atol=2e-5, rtol=1e-5)
        reader.begin()


@torch.no_grad()
def test_without_a_cell_a_stream_carries_its_state() -> None:
    model = model_of("gru", 2)
    quick = reader_of(model, 1)
    plain: Reader = StreamReader(model, 1, torch.device("cpu"))
    assert isinstance(quick, Cell)
    for tokens in (TOKENS[:5], TOKENS[5:6]):
        torch.testing.assert_close(quick.read(tokens), plain.read(tokens), atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("lanes", "lane"), [(1, 0), (3, 2)])
@torch.no_grad()
def test_a_gpt_is_read_to_alike_with_a_cell_and_without(lanes: int, lane: int, bias: bool) -> None:
    place = small_workplace(small_config("gpt", model={"bias": bias}), lanes=lanes)
    model = place.train.model.eval()
    place.train.flat.values.normal_(0.0, 0.5, generator=torch.Generator().manual_seed(2))
    assert isinstance(model, GPT)
    quick, cached = reader_of(model, lane), CachedReader(model, lane, torch.device("cpu"))
    assert isinstance(quick, GPTCell)
    past = model.block + 2
    for tokens in (TOKENS[:3], *([token] for token in TOKENS[3:past]), TOKENS[:2]):
        expected = whole(model, (cached.told + tokens)[-model.block :], lane)
        torch.testing.assert_close(cached.read(tokens), expected, atol=2e-5, rtol=1e-5)
        torch.testing.assert_close(quick.read(tokens), expected, atol=2e-5, rtol=1e-5)
    assert len(cached.told) == model.block


@torch.no_grad()
def test_a_text_may_begin_with_more_than_a_block() -> None:
    model = model_of("gpt", 1)
    quick = reader_of(model)
    told = TOKENS * 3
    torch.testing.assert_close(quick.read(told), whole(model, told, 0), atol=2e-5, rtol=1e-5)
    torch.testing.assert_close(quick.read([4]), whole(model, [*told, 4], 0), atol=2e-5, rtol=1e-5)
    quick.begin()
    torch.testing.assert_close(quick.read([4]), whole(model, [4], 0), atol=2e-5, rtol=1e-5)


@torch.no_grad()
def test_a_diverged_gpt_writes_noise_quietly() -> None:
    model = model_of("gpt", 1)
    next(model.parameters()).fill_(float("nan"))
    assert reader_of(model).read(TOKENS[:3]).isnan().all()


@torch.no_grad()
def test_a_gpt_reads_each_token_of_the_block_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of("gpt", 1)
    assert isinstance(model, GPT)
    seen: list[int] = []
    read_on = model.read_on
    monkeypatch.setattr(model, "read_on", lambda x, past: (seen.append(x.shape[1]), read_on(x, past))[1])
    reader = CachedReader(model, 0, torch.device("cpu"))
    for token in TOKENS[: model.block]:
        reader.read([token])
    assert seen == [1] * model.block
