"""What a form tells of a text is what a run finds, and nothing is downloaded for it."""

import socket
from pathlib import Path

import pytest

from lrtui.config.schema import CorpusConfig
from lrtui.errors import CorpusError
from lrtui.text import preview
from lrtui.text.corpus import load_text
from lrtui.text.download import catalog
from lrtui.text.preview import alphabet_of, is_downloaded_first
from lrtui.text.vocabulary import Vocabulary
from tests.small import SHARED, TEXT


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a preview must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("vocab", ["char", "byte"])
@pytest.mark.parametrize("mode", ["stream", "lines"])
@pytest.mark.parametrize("name", ["sums", "python", None])
def test_the_size_is_that_of_the_run(name: str | None, mode: str, vocab: str, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(TEXT + "é\n")
    corpus = CorpusConfig(name=name, path=None if name else str(path), mode=mode, vocab=vocab)
    found = alphabet_of(corpus, tmp_path)
    text = load_text(corpus, tmp_path).text
    assert found is not None
    assert found.size == Vocabulary.of(text, lines=mode == "lines").size
    assert not is_downloaded_first(corpus, tmp_path)


@pytest.mark.parametrize(("name", "size"), [("names", 27), ("shakespeare", 65)])
@pytest.mark.parametrize("mode", ["stream", "lines"])
def test_the_catalogue_tells_the_size_before_the_text_is_here(name: str, size: int, mode: str, tmp_path: Path) -> None:
    found = alphabet_of(CorpusConfig(name=name, mode=mode), tmp_path)
    assert found is not None
    assert found.size == size
    assert is_downloaded_first(CorpusConfig(name=name), tmp_path)
    of_bytes = alphabet_of(CorpusConfig(name=name, mode=mode, vocab="byte"), tmp_path)
    assert of_bytes is not None
    assert of_bytes.size == 256 + (mode == "lines")


@pytest.mark.parametrize("name", ["names", "shakespeare"])
def test_the_characters_of_the_catalogue_are_those_of_the_text(name: str) -> None:
    path = SHARED / f"{name}.txt"
    if not path.exists():
        pytest.skip("the text is not here")
    assert set(catalog()[name].characters) == set(path.read_text("utf-8"))


def test_a_large_text_is_left_to_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "_MOST_BYTES", 100)
    (tmp_path / "a.txt").write_text("x" * 60)
    (tmp_path / "b.txt").write_text("y" * 60)
    assert alphabet_of(CorpusConfig(name=None, path=str(tmp_path)), tmp_path / "home") is None
    monkeypatch.setattr(preview, "_MOST_BYTES", 1000)
    found = alphabet_of(CorpusConfig(name=None, path=str(tmp_path)), tmp_path / "home")
    assert found is not None
    assert found.chars == ("\n", "x", "y")
    monkeypatch.setattr(preview, "_MOST_FILES", 1)
    assert alphabet_of(CorpusConfig(name=None, path=str(tmp_path)), tmp_path / "home") is None


@pytest.mark.parametrize("corpus", [{"name": "nmaes"}, {"name": None, "path": "no-such-file"}])
def test_what_a_run_would_refuse_is_refused(corpus: dict[str, str | None], tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there is no"):
        alphabet_of(CorpusConfig(**corpus), tmp_path)
