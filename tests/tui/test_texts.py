"""What a form tells of a text, read once, and again only where it could not be."""

from pathlib import Path

from lrtui.config.schema import CorpusConfig
from lrtui.tui.texts import Texts, TextTold, text_told


def test_a_text_is_told_with_its_size_or_with_what_is_wrong(tmp_path: Path) -> None:
    assert text_told(CorpusConfig(name="count"), tmp_path) == TextTold(tokens=4)
    assert text_told(CorpusConfig(name="names"), tmp_path) == TextTold(27, "", "downloaded at the start")
    missing = text_told(CorpusConfig(name=None, path=str(tmp_path / "none")), tmp_path)
    assert missing.tokens is None
    assert "there is no file or folder" in missing.problem


def test_each_text_is_read_once_and_again_only_after_a_problem() -> None:
    read: list[str | None] = []
    texts = Texts(lambda corpus: read.append(corpus.name))
    here, gone = CorpusConfig(name="here"), CorpusConfig(name="gone")
    assert texts.told(here, ask=False) == TextTold()
    assert read == []
    for corpus in (here, here, gone):
        assert texts.told(corpus, ask=True) == TextTold(note="reading it")
    texts.heard(here, TextTold(4))
    texts.heard(gone, TextTold(problem="it is not there"))
    assert texts.told(here.model_copy(update={"val_fraction": 0.2}), ask=True) == TextTold(4)
    assert texts.told(gone, ask=True).problem
    assert read == ["here", "gone"]
    texts.check_again(gone)
    assert texts.told(gone, ask=False).problem, "it stands until it was read again"
    assert read == ["here", "gone", "gone"]
    texts.check_again(here)
    texts.forget_problems()
    assert texts.told(here, ask=True) == TextTold(4)
    assert texts.told(gone, ask=True) == TextTold(note="reading it")
    assert read == ["here", "gone", "gone", "gone"]
