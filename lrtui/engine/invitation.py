"""How the other ranks of a run get to what rank 0 has: its whole configuration, and the same text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch

from lrtui.engine.ranks import Ranks
from lrtui.engine.shared_step import JOIN, ordered
from lrtui.errors import DeviceError

if TYPE_CHECKING:
    from lrtui.config.schema import Config

ANSWER_BYTES = 1024


def invite(ranks: Ranks, config: Config, corpus_sha256: str) -> None:
    """Rank 0: have the others build what it has built. Raises DeviceError with the sentence of one that cannot."""
    told = json.dumps({"config": config.model_dump(exclude_none=True), "corpus": corpus_sha256}).encode()
    with ordered(ranks, JOIN, len(told)):
        ranks.broadcast(torch.frombuffer(bytearray(told), dtype=torch.uint8))
        answers = _answers(ranks, "")
    for rank, sentence in enumerate(answers):
        if sentence:
            raise DeviceError(f"rank {rank} of {ranks.size} cannot take part: {sentence}")


def invitation(ranks: Ranks, length: int) -> tuple[dict[str, Any], str]:
    """The others: the configuration, and the sha256 of the text."""
    told = torch.zeros(length, dtype=torch.uint8)
    ranks.broadcast(told)
    made = json.loads(bytes(told.tolist()))
    return made["config"], made["corpus"]


def answer(ranks: Ranks, sentence: str) -> None:
    """The others: why this rank cannot take part; nothing where it can."""
    _answers(ranks, sentence)


def _answers(ranks: Ranks, sentence: str) -> list[str]:
    """What each rank has to say."""
    said = sentence.encode()[:ANSWER_BYTES].ljust(ANSWER_BYTES, b"\0")
    gathered = ranks.gather(torch.frombuffer(bytearray(said), dtype=torch.uint8))
    return [bytes(each.tolist()).rstrip(b"\0").decode("utf-8", "replace") for each in gathered]
