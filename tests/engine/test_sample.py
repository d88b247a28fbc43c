"""Sampling: what may be drawn, that the seed decides it, and that looking leaves no trace."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lrtui.config.schema import SampleConfig
from lrtui.engine.build import Workplace
from lrtui.engine.sample import Sampler, choose, distribution, opening_tokens
from lrtui.errors import CorpusError
from lrtui.models.language_model import Carry, LanguageModel
from lrtui.runs.checkpoints import Progress
from tests.small import FAMILIES, small_config, small_workplace

every_kind = pytest.mark.parametrize("kind", FAMILIES)
LINES = "emma\nolivia\nava\nmia\nisabella\nzoe\nal\ncharlotte\nnora\nlily\n"

# distinct by far more than rounding, so that which token is likelier than which is beyond doubt
distinct_logits = st.lists(st.integers(-40, 40), min_size=2, max_size=12, unique=True).map(
    lambda tenths: [each / 10 for each in tenths]
)


def sampler_of(place: Workplace, lane: int = 0) -> Sampler:
    model, vocabulary = place.train.model, place.data.vocabulary
    return Sampler(model, vocabulary, opening_tokens(model, vocabulary), lane)


def place_of(kind: str, lines: bool = False, **options: object) -> Workplace:
    """A model with weights that make every token's distribution uneven."""
    mode = "lines" if lines else "stream"
    config = small_config(kind, corpus={"mode": mode, "val_fraction": 0.2}, model={"dropout": 0.3})
    place = small_workplace(config, LINES if lines else "the quick brown fox jumps over the lazy dog\n" * 20, **options)
    place.train.flat.values.normal_(0.0, 0.7, generator=torch.Generator().manual_seed(1))
    return place


def naive_kept(logits: list[float], temperature: float, top_k: int, top_p: float) -> dict[int, float]:
    """Token → probability, by the definitions: the k likeliest, then the smallest set that holds top_p."""
    weights = torch.tensor(logits, dtype=torch.float64).div(temperature).softmax(0).tolist()
    ranked = sorted(range(len(logits)), key=lambda i: -logits[i])[: top_k or None]
    mass = sum(weights[i] for i in ranked)
    kept: dict[int, float] = {}
    for token in ranked:
        if sum(kept.values()) >= top_p - 1e-12:
            break
        kept[token] = weights[token] / mass
    return {token: p / sum(kept.values()) for token, p in kept.items()}


@given(
    logits=distinct_logits,
    temperature=st.floats(0.3, 3.0),
    top_k=st.integers(0, 14),
    top_p=st.one_of(st.just(1.0), st.floats(0.01, 0.999)),
)
def test_keeps_the_set_that_the_definitions_give(
    logits: list[float], temperature: float, top_k: int, top_p: float
) -> None:
    kept = naive_kept(logits, temperature, top_k, top_p)
    got = torch.from_numpy(distribution(torch.tensor(logits, dtype=torch.float64), temperature, top_k, top_p))
    wanted = torch.tensor([kept.get(i, 0.0) for i in range(len(logits))], dtype=torch.float64)
    torch.testing.assert_close(got, wanted, atol=1e-9, rtol=1e-9)
    assert (got > 0).nonzero().flatten().tolist() == sorted(kept)


@settings(max_examples=30)
@given(logits=distinct_logits, top_k=st.integers(1, 5), top_p=st.floats(0.05, 1.0), seed=st.integers(0, 2**62))
def test_only_what_is_kept_is_drawn(logits: list[float], top_k: int, top_p: float, seed: int) -> None:
    kept, generator = naive_kept(logits, 1.5, top_k, top_p), torch.Generator().manual_seed(seed)
    drawn = {choose(torch.tensor(logits), generator, 1.5, top_k, top_p) for _ in range(30)}
    assert drawn <= kept.keys()


def test_ties_at_the_edge_of_top_k_all_stay() -> None:
    assert (distribution(torch.tensor([1.0, 2.0, 1.0, 0.0]), 1.0, top_k=2) > 0).tolist() == [True, True, True, False]


def test_draws_as_often_as_the_distribution_says() -> None:
    logits, generator = torch.tensor([0.0, 1.0, 2.0]), torch.Generator().manual_seed(0)
    n = 5000
    drawn = torch.tensor([choose(logits, generator, 2.0) for _ in range(n)]).bincount(minlength=3) / n
    torch.testing.assert_close(drawn, (logits / 2).softmax(0), atol=0.025, rtol=0)


@given(logits=distinct_logits, top_k=st.integers(0, 5), top_p=st.floats(0.05, 1.0))
def test_temperature_zero_takes_the_likeliest_and_draws_nothing(logits: list[float], top_k: int, top_p: float) -> None:
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    assert choose(torch.tensor(logits), generator, 0.0, top_k, top_p) == logits.index(max(logits))
    assert torch.equal(before, generator.get_state())


@pytest.mark.parametrize("temperature", [1e-8, 1e-45, 1e-300, 5e-324])
def test_a_temperature_near_zero_is_nearly_greedy(temperature: float) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.tensor([30.0, -1e4, 31.0, 30.9])
    assert {choose(logits, generator, temperature) for _ in range(20)} == {2}


@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("share", [1, 4])
def test_logits_of_a_diverged_model_still_give_tokens(bad: float, temperature: float, share: int) -> None:
    logits, generator = torch.zeros(4), torch.Generator().manual_seed(0)
    logits[:share] = bad
    drawn = {choose(logits, generator, temperature, top_k=3, top_p=0.9) for _ in range(50)}
    assert drawn <= set(range(4))


@every_kind
@pytest.mark.parametrize("lines", [False, True])
def test_a_diverged_model_still_writes(kind: str, lines: bool) -> None:
    place = place_of(kind, lines)
    place.train.flat.values.fill_(float("nan"))
    text = sampler_of(place).text(SampleConfig(length=20), seed=1)
    assert len(text) == 20
    assert len(set(text)) > 1


@every_kind
@pytest.mark.parametrize("lines", [False, True])
def test_the_same_seed_writes_the_same_text(kind: str, lines: bool) -> None:
    sampler, config = sampler_of(place_of(kind, lines)), SampleConfig(length=60, temperature=1.0)
    text = sampler.text(config, seed=5)
    torch.manual_seed(123)
    assert text == sampler.text(config, seed=5)
    assert text != sampler.text(config, seed=6)


@every_kind
def test_greedy_text_needs_no_seed(kind: str) -> None:
    sampler, config = sampler_of(place_of(kind)), SampleConfig(length=30, temperature=0.0)
    assert sampler.text(config, seed=1) == sampler.text(config, seed=2)


def seen_by(place: Workplace, tokens: list[int]) -> torch.Tensor:
    """Logits [V] after `tokens`, in one forward of the model."""
    model = place.train.model
    model.eval()
    with torch.no_grad():
        logits, _ = model(torch.tensor([tokens]))
    return logits[0] if logits.dim() == 2 else logits[0, -1]


@every_kind
def test_greedy_text_is_what_reading_it_all_again_gives(kind: str) -> None:
    """Against the model run anew on all that was written: a carried state or a window changes nothing."""
    place = place_of(kind)
    vocabulary, model = place.data.vocabulary, place.train.model
    prompt = "the fox"
    text = sampler_of(place).text(SampleConfig(length=25, temperature=0.0), seed=0, prompt=prompt)
    assert text.startswith(prompt)
    told = opening_tokens(model, vocabulary) + vocabulary.encode(prompt).tolist()
    window = {"bigram": 1, "mlp": 3, "gpt": place.config.train.block}.get(kind, 1000)
    for character in text[len(prompt) :]:
        token = int(seen_by(place, told[-window:]).argmax())
        assert vocabulary.decode([token]) == character
        told.append(token)


@every_kind
def test_after_a_boundary_the_next_item_starts_afresh(kind: str) -> None:
    """As in training, where no item knows the one before: greedy items are all the same one."""
    place = place_of(kind, lines=True)
    vocabulary, model = place.data.vocabulary, place.train.model
    opening = opening_tokens(model, vocabulary)
    item = short_item(place, opening)
    sampler = sampler_of(place)
    assert sampler.opening == opening
    text = sampler.text(SampleConfig(length=3 * len(item), temperature=0.0), seed=0)
    assert text == 3 * vocabulary.decode(item)
    # and a prompt of several lines goes on from its last
    prompted = sampler.text(SampleConfig(length=len(item), temperature=0.0), seed=0, prompt="emma\nava\n")
    assert prompted == "emma\nava\n" + vocabulary.decode(item)


def short_item(place: Workplace, opening: list[int]) -> list[int]:
    """The greedy item with its boundary, of a few tokens: weights are drawn until there is one."""
    generator = torch.Generator().manual_seed(7)
    window = getattr(place.train.model, "context", None) or place.config.train.block
    for _ in range(200):
        item: list[int] = []
        while len(item) < 6 and 0 not in item:
            item.append(int(seen_by(place, (opening + item)[-window:]).argmax()))
        if item[-1] == 0 and len(item) > 2:
            return item
        place.train.flat.values.normal_(0.0, 0.7, generator=generator)
    raise AssertionError("no weights make a short item")


@every_kind
def test_lines_open_with_the_boundary(kind: str) -> None:
    place = place_of(kind, lines=True)
    assert opening_tokens(place.train.model, place.data.vocabulary) == [0] * (3 if kind == "mlp" else 1)


def test_a_stream_opens_with_a_newline_where_there_is_one() -> None:
    place = place_of("lstm")
    newline = int(place.data.vocabulary.encode("\n"))
    assert opening_tokens(place.train.model, place.data.vocabulary) == [newline]
    without = small_workplace(small_config("mlp"), "abc def " * 60)
    assert opening_tokens(without.train.model, without.data.vocabulary) == [0, 0, 0]


@every_kind
@pytest.mark.parametrize("lines", [False, True])
def test_sampling_leaves_training_untouched(kind: str, lines: bool) -> None:
    place, plain = place_of(kind, lines), place_of(kind, lines)
    sampler, everyone = sampler_of(place), torch.get_rng_state()
    for step in range(4):
        own = place.train.model.dropout_generator.get_state()
        before = place.train.capture(Progress())
        sampler.text(SampleConfig(length=15, top_p=0.9, top_k=4), seed=step)
        assert place.train.model.training
        assert torch.equal(own, place.train.model.dropout_generator.get_state())
        assert torch.equal(before.values, place.train.flat.values)
        place.train(step, 0.01)
        plain.train(step, 0.01)
    assert torch.equal(everyone, torch.get_rng_state())
    assert torch.equal(place.train.flat.values, plain.train.flat.values)
    assert len(place.train.carry) == len(plain.train.carry)
    assert all(torch.equal(a, b) for a, b in zip(place.train.carry, plain.train.carry, strict=True))


def test_an_evaluating_model_stays_so() -> None:
    place = place_of("mlp")
    place.train.model.eval()
    sampler_of(place).text(SampleConfig(length=5), seed=0)
    assert not place.train.model.training


@every_kind
def test_unknown_characters_are_a_sentence(kind: str) -> None:
    place = place_of(kind)
    with pytest.raises(CorpusError, match=r"the model's vocabulary has no character 'Q' \(U\+0051\)"):
        sampler_of(place).text(SampleConfig(length=5), seed=0, prompt="the Quick")
    assert place.train.model.training


@every_kind
def test_the_configuration_gives_what_the_call_leaves_out(kind: str) -> None:
    sampler = sampler_of(place_of(kind))
    config = SampleConfig(prompt="the ", length=20, temperature=0.0)
    assert sampler.text(config, 0) == sampler.text(config, 1, prompt="the ", temperature=0.0)
    assert sampler.text(config, 0, prompt="").startswith("the ") is False
    assert sampler.text(config, 0, temperature=2.0) != sampler.text(config, 0)


@every_kind
def test_a_lane_writes_as_its_solo_model(kind: str) -> None:
    place, solo = place_of(kind, lanes=3), place_of(kind)
    config = SampleConfig(length=40, temperature=0.7)
    texts = []
    for lane in range(3):
        solo.train.flat.values.copy_(place.train.flat.values[lane])
        texts.append(sampler_of(place, lane).text(config, seed=3))
        assert texts[-1] == sampler_of(solo).text(config, seed=3)
    assert len(set(texts)) == 3


def test_a_state_is_carried_not_read_again() -> None:
    """A recurrent model reads each token once, however long the text grows."""

    class Counting(LanguageModel):
        reads = "streams"

        def __init__(self, inner: LanguageModel) -> None:
            super().__init__(inner.vocabulary, 1)
            self.inner, self.widths = inner, list[int]()

        def forward(self, tokens: torch.Tensor, carry: Carry = ()) -> tuple[torch.Tensor, Carry]:
            self.widths.append(tokens.shape[1])
            result: tuple[torch.Tensor, Carry] = self.inner(tokens, carry)
            return result

    place = place_of("gru")
    model = Counting(place.train.model)
    Sampler(model, place.data.vocabulary, [0]).text(SampleConfig(length=10), seed=0, prompt="the fox")
    assert model.widths == [8] + [1] * 9


def test_text_comes_piece_by_piece_and_an_unreadable_prompt_before_any() -> None:
    sampler, config = sampler_of(place_of("gpt")), SampleConfig(prompt="the ", length=12)
    pieces = sampler.pieces(config, seed=4)
    assert next(pieces) == "the "
    assert sampler.model.training is False
    rest = list(pieces)
    assert len(rest) == 12
    assert "the " + "".join(rest) == sampler.text(config, seed=4)
    assert sampler.model.training
    with pytest.raises(CorpusError):
        next(sampler.pieces(config, seed=4, prompt="Q"))
