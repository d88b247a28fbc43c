"""What is added under a name is there under that name, and nothing is overwritten by accident."""

from pathlib import Path

import pytest

from lrtui.errors import CorpusError, DiskError, UsageError
from lrtui.text.corpus import load_text
from lrtui.text.shelf import add_corpus, list_corpora
from tests.text.samples import Settings, shared
from tests.text.server import Answer, Server

TEXT = "to be or not to be, that is the question\r\n" * 3


@pytest.fixture
def hamlet(tmp_path: Path) -> Path:
    path = tmp_path / "hamlet (1603).txt"
    path.write_bytes(TEXT.encode())
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_an_added_file_can_be_trained_on_by_name(hamlet: Path, home: Path) -> None:
    path = add_corpus(str(hamlet), home)
    assert path == home / "corpora" / "hamlet-1603.txt"
    assert load_text(Settings(name="hamlet-1603"), home).text == TEXT
    assert [e.name for e in list_corpora(home) if e.source == "added"] == ["hamlet-1603"]


def test_a_name_may_be_chosen(hamlet: Path, home: Path) -> None:
    assert add_corpus(str(hamlet), home, "dane").name == "dane.txt"


def test_a_folder_becomes_one_text(hamlet: Path, home: Path) -> None:
    (hamlet.parent / "more.txt").write_text("the rest is silence\n")
    add_corpus(str(hamlet.parent), home, "all")
    assert load_text(Settings(name="all"), home).text == TEXT + "the rest is silence\n"


def test_an_address_becomes_a_text(server: Server, home: Path) -> None:
    server.answers["/some/play.txt?raw=1"] = [Answer(TEXT.encode())]
    assert add_corpus(server.address + "/some/play.txt?raw=1", home).name == "play.txt"
    assert load_text(Settings(name="play"), home).text == TEXT
    assert [p.name for p in (home / "corpora").iterdir()] == ["play.txt"]


def test_adding_twice_is_harmless_but_nothing_is_replaced(hamlet: Path, home: Path) -> None:
    add_corpus(str(hamlet), home, "dane")
    add_corpus(str(hamlet), home, "dane")
    hamlet.write_text(TEXT.upper())
    with pytest.raises(UsageError, match="there is another corpus dane already"):
        add_corpus(str(hamlet), home, "dane")
    assert load_text(Settings(name="dane"), home).text == TEXT


def test_a_local_copy_takes_the_place_of_a_download(home: Path) -> None:
    assert not next(e for e in list_corpora(home) if e.name == "names").ready
    add_corpus(str(shared("names.txt")), home)
    assert next(e for e in list_corpora(home) if e.name == "names").ready
    assert load_text(Settings(name="names"), home).bytes == 228_145


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("names", "names is a name of the catalogue, and this is another text"),
        ("python", "python is the name of a built-in corpus"),
        ("../evil", "'../evil' cannot name a corpus"),
        ("", "'' cannot name a corpus"),
        ("a" * 65, f"'{'a' * 65}' cannot name a corpus"),
    ],
)
def test_some_names_are_refused(name: str, sentence: str, hamlet: Path, home: Path) -> None:
    with pytest.raises(UsageError) as caught:
        add_corpus(str(hamlet), home, name)
    assert caught.value.message == sentence
    assert not home.exists()


def test_a_built_in_text_needs_no_adding(home: Path) -> None:
    with pytest.raises(UsageError, match="count is built in"):
        add_corpus("count", home)


@pytest.mark.parametrize("source", ["gone.txt", "shakespear", "ftp://host/file", ""])
def test_what_is_not_there_gets_a_sentence(source: str, home: Path) -> None:
    with pytest.raises((CorpusError, UsageError)):
        add_corpus(source, home)


def test_an_empty_text_is_not_added(hamlet: Path, home: Path) -> None:
    hamlet.write_text("")
    with pytest.raises(CorpusError, match="corpus dane is empty"):
        add_corpus(str(hamlet), home, "dane")
    assert not home.exists()


def test_a_home_that_refuses_gets_its_own_error(hamlet: Path, home: Path) -> None:
    home.write_text("a file where a folder should be")
    with pytest.raises(DiskError):
        add_corpus(str(hamlet), home)
