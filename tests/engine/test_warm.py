"""A warm start: what two vocabularies share keeps its rows, by name; the rest is fresh, dropped or refused in words."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from lrtui.config.schema import Config
from lrtui.engine.build import Workplace
from lrtui.engine.checkpoint import Origin, write_checkpoint
from lrtui.engine.warm import WarmStart, warm_start
from lrtui.errors import CheckpointError, ConfigError, OtherModelError, UsageError
from lrtui.runs.directory import create_run
from tests.small import FAMILIES, OPTIMIZERS, TEXT, checkpoints, small_config, small_session, small_workplace, trained

OTHER = TEXT.replace("+", "&").replace("=", "#").replace("words", "wurdz").replace(".", "")
every_kind = pytest.mark.parametrize("kind", FAMILIES)


def source_run(home: Path, config: Config, text: str = TEXT, name: str = "base") -> dict[str, Tensor]:
    """A run `name` trained for 30 steps; its weights by name."""
    session = small_session(config, text)
    snapshot = checkpoints(session)[-1].snapshot
    flat = session.live.train.flat
    vocabulary = small_workplace(config, text).data.vocabulary.to_dict()
    write_checkpoint(create_run(home, name), snapshot, flat, Origin(config.lr_schedule(), vocabulary, "", {}))
    return {key: value.clone() for key, value in flat.views(snapshot.values).items()}


def config_of(kind: str, **sections: dict[str, object]) -> Config:
    return small_config(kind, "adam", **{"train": {"steps": 30}, **sections})


def weights(place: Workplace) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in place.train.flat.views(place.train.flat.values).items()}


def assert_matched(place: Workplace, old: dict[str, Tensor], fresh: dict[str, Tensor], theirs: Workplace) -> None:
    """Every row stands where its character stands now, or is the fresh one."""
    new, axes = weights(place), place.train.model.token_axes
    here, there = place.data.vocabulary.names, theirs.data.vocabulary.names
    for name, tensor in new.items():
        if name not in axes:
            assert tensor.equal(old[name]), name
            continue
        for number, symbol in enumerate(here):
            if axes[name] == (0,):
                wanted = old[name][there.index(symbol)] if symbol in there else fresh[name][number]
                assert tensor[number].equal(wanted), (name, symbol)
                continue
            for other, second in enumerate(here):
                both = symbol in there and second in there
                wanted = old[name][there.index(symbol), there.index(second)] if both else fresh[name][number, other]
                assert tensor[number, other].equal(wanted), (symbol, second)


@every_kind
@pytest.mark.parametrize("mode", ["stream", "lines"])
def test_kept_characters_keep_their_rows_and_new_ones_begin_fresh(kind: str, mode: str, tmp_path: Path) -> None:
    config = config_of(kind, corpus={"mode": mode})
    old = source_run(tmp_path, config)
    place, theirs = small_workplace(config, OTHER), small_workplace(config)
    fresh = weights(place)
    warm = warm_start(place, tmp_path, "base")
    here, there = set(place.data.vocabulary.names), set(theirs.data.vocabulary.names)
    assert (warm.kept, warm.fresh, warm.dropped) == (len(here & there), len(here - there), len(there - here))
    assert min(warm.kept, warm.fresh, warm.dropped) > 1
    assert_matched(place, old, fresh, theirs)
    trained_on = {name for name, tensor in weights(place).items() if not tensor.equal(fresh[name])}
    assert trained_on == set(fresh), "no parameter is as it was"


@every_kind
def test_the_same_vocabulary_is_a_plain_copy_and_says_nothing_of_rows(kind: str, tmp_path: Path) -> None:
    config = config_of(kind)
    old = source_run(tmp_path, config)
    place = small_workplace(config)
    warm = warm_start(place, tmp_path, "base@30")
    assert all(tensor.equal(old[name]) for name, tensor in weights(place).items())
    assert warm.sentences == ["the weights come from base, step 30; the optimizer is fresh: expect a bump"]


def test_what_became_of_the_rows_is_said() -> None:
    warm = WarmStart("base, step 30", kept=25, fresh=1_003, dropped=0)
    assert warm.sentences[1] == (
        "the vocabulary is another one: 25 tokens kept their rows, 1,003 began with fresh ones, 0 were dropped"
    )
    assert "1 token kept" in replace(warm, kept=1).sentences[1]


def test_the_boundary_of_lines_is_the_newline_of_a_stream(tmp_path: Path) -> None:
    old = source_run(tmp_path, config_of("lstm"))
    lines = config_of("lstm", corpus={"mode": "lines"})
    place, theirs = small_workplace(lines), small_workplace(config_of("lstm"))
    fresh = weights(place)
    warm = warm_start(place, tmp_path, "base")
    assert (warm.fresh, warm.dropped) == (0, 0)
    assert_matched(place, old, fresh, theirs)
    newline = theirs.data.vocabulary.names.index("\n")
    assert weights(place)["embed.weight"][0].equal(old["embed.weight"][newline])


def test_bytes_match_bytes_also_with_a_boundary(tmp_path: Path) -> None:
    byte = config_of("gru", corpus={"vocab": "byte"})
    old = source_run(tmp_path, byte)
    place = small_workplace(config_of("gru", corpus={"vocab": "byte", "mode": "lines"}))
    warm = warm_start(place, tmp_path, "base")
    assert (warm.kept, warm.fresh, warm.dropped) == (256, 1, 0)
    assert weights(place)["head.bias"][1:].equal(old["head.bias"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"corpus": {"vocab": "byte"}}, "run base knows characters, this one is to know bytes: no row has a match"),
        ({"model": {"hidden": 20}}, "is of another model: blocks.0.attention.out.bias is (16,), not (20,)"),
        ({"model": {"kind": "gru"}}, "is of another model:"),
        ({"train": {"block": 9}}, "is of another model: place.weight is (8, 16), not (9, 16)"),
    ],
)
def test_what_cannot_be_matched_is_refused_in_a_sentence(
    changes: dict[str, dict[str, object]], sentence: str, tmp_path: Path
) -> None:
    source_run(tmp_path, config_of("gpt"))
    place = small_workplace(small_config("gpt", "adam", **changes), OTHER)
    before = place.train.flat.values.clone()
    with pytest.raises(OtherModelError) as raised:
        warm_start(place, tmp_path, "base")
    assert sentence in raised.value.message
    assert place.train.flat.values.equal(before)


def test_a_step_or_a_run_there_is_not(tmp_path: Path) -> None:
    config = config_of("mlp")
    source_run(tmp_path, config)
    create_run(tmp_path, "empty")
    place = small_workplace(config)
    with pytest.raises(UsageError, match="'x' is no step"):
        warm_start(place, tmp_path, "base@x")
    with pytest.raises(CheckpointError, match="no checkpoint at step 31"):
        warm_start(place, tmp_path, "base@31")
    with pytest.raises(CheckpointError, match="has no checkpoint yet"):
        warm_start(place, tmp_path, "empty")


@every_kind
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_frozen_parameters_do_not_change_by_a_bit_and_the_last_match_decides(kind: str, optimizer: str) -> None:
    rows = "table.*" if kind == "bigram" else "embed.*"
    groups = [{"match": "*", "lr_scale": 0.0}, {"match": "*", "lr_scale": 0.5}, {"match": rows, "lr_scale": 0.0}]
    optim = {"groups": groups, "weight_decay": 0.1, **({"nesterov": True} if optimizer == "sgd" else {})}
    session = small_session(small_config(kind, optimizer, optim=optim))
    flat = session.live.train.flat
    before = {name: tensor.clone() for name, tensor in flat.views(flat.values).items()}
    trained(session)
    for name, tensor in flat.views(flat.values).items():
        frozen = name.startswith(rows[:-1])
        assert torch.equal(tensor.view(torch.int32), before[name].view(torch.int32)) == frozen, name


def test_a_group_that_matches_nothing_names_what_there_is() -> None:
    with pytest.raises(ConfigError) as raised:
        small_session(small_config("bigram", optim={"groups": [{"match": "embed.*", "lr_scale": 0.1}]}))
    assert raised.value.sentence == "optim.groups[0].match: 'embed.*' matches no parameter. Parameters: table.weight."
