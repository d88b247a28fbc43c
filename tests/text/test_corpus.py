"""A text is found by name or path, byte for byte, or a sentence says why not."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from lrtui.errors import CorpusError
from lrtui.text.corpus import load_text
from lrtui.text.download import catalog
from tests.text.samples import Settings, shared

ENOUGH = "to be or not to be, that is the question\n" * 3


def load(path: Path, vocab: str = "char", home: Path | None = None) -> str | bytes:
    return load_text(Settings(path=str(path), vocab=vocab), home or path.parent).text


def test_a_file_is_read_byte_for_byte(tmp_path: Path) -> None:
    raw = ("\ufeffnaïve\r\n" + ENOUGH).encode()
    (tmp_path / "t.txt").write_bytes(raw)
    text = load_text(Settings(path=str(tmp_path / "t.txt")), tmp_path)
    assert text.text == raw.decode()
    assert (text.name, text.bytes, text.sha256) == ("t.txt", len(raw), sha256(raw).hexdigest())
    assert load(tmp_path / "t.txt", "byte") == raw


def test_a_home_sign_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "t.txt").write_text(ENOUGH)
    assert load_text(Settings(path="~/t.txt"), tmp_path).text == ENOUGH


@pytest.mark.parametrize("name", ["count", "sums", "python", "unicode"])
@pytest.mark.parametrize("vocab", ["char", "byte"])
def test_built_in_texts_need_no_disk(name: str, vocab: str, tmp_path: Path) -> None:
    text = load_text(Settings(name=name, vocab=vocab), tmp_path / "none")
    assert text.name == name
    assert text.bytes == len(text.text)
    assert not (tmp_path / "none").exists()


def test_a_folder_is_joined_without_what_is_no_text(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    for name, raw in {
        "b.txt": ENOUGH.encode(),
        "a.md": b"first, without newline",
        "sub/c.txt": b"third\n",
        "sub/empty": b"",
        "image.png": b"\x89PNG\0\0",
        "latin1.txt": b"caf\xe9",
        ".hidden": b"secret\n",
        ".git/config": b"secret\n",
        "corpora/x.txt": b"downloaded\n",
        "checkpoints/run/events.jsonl": b"{}\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    assert load(folder, home=folder) == "first, without newline\n" + ENOUGH + "third\n"


@pytest.mark.parametrize("name", ["names", "shakespeare"])
def test_the_real_texts_are_those_of_the_catalogue(name: str) -> None:
    raw = shared(f"{name}.txt").read_bytes()
    assert (len(raw), sha256(raw).hexdigest()) == (catalog()[name].bytes, catalog()[name].sha256)


def test_a_file_that_was_put_there_needs_no_network(tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora" / "names.txt").write_bytes(shared("names.txt").read_bytes())
    text = load_text(Settings(name="names"), tmp_path)
    assert text.sha256 == catalog()["names"].sha256


def test_an_added_text_has_a_name(tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora" / "hamlet.txt").write_text(ENOUGH)
    assert load_text(Settings(name="hamlet"), tmp_path).text == ENOUGH


BAD_FILES = [
    (b"", "corpus bad.txt is empty"),
    (b" \n\t\n", "corpus bad.txt is blank"),
    (b"short", "corpus bad.txt has 5 bytes: too little to learn from, at least 64 are needed"),
    (ENOUGH.encode() + b"\0", "corpus bad.txt looks binary: byte 123 is NUL"),
    (ENOUGH.encode("utf-16"), "corpus bad.txt is UTF-16, not UTF-8"),
    (ENOUGH.encode() + b"caf\xe9 au lait", "corpus bad.txt is not UTF-8: byte 126 is 0xe9"),
    (ENOUGH.encode() + b"\xed\xa0\x80", "corpus bad.txt is not UTF-8: byte 123 is 0xed"),
]


@pytest.mark.parametrize(("raw", "sentence"), BAD_FILES)
def test_a_bad_file_gets_a_sentence(raw: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(raw)
    with pytest.raises(CorpusError) as caught:
        load(tmp_path / "bad.txt")
    assert caught.value.message == sentence
    assert caught.value.hint


def test_bytes_take_what_is_no_text(tmp_path: Path) -> None:
    raw = bytes(range(256))
    (tmp_path / "any.bin").write_bytes(raw)
    assert load(tmp_path / "any.bin", "byte") == raw


def test_what_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"there is no file or folder .*gone\.txt") as caught:
        load(tmp_path / "gone.txt")
    assert os.getcwd() in caught.value.hint


def test_a_folder_without_text_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="holds no text file"):
        load(tmp_path)


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorpusError, match="neither a file nor a folder"):
        load(tmp_path / "pipe")


def test_a_file_as_folder_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(ENOUGH)
    with pytest.raises(CorpusError, match="cannot be read: not a directory"):
        load(tmp_path / "t.txt" / "inner")


def test_a_zero_byte_in_a_path_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        load(tmp_path / "a\0b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything: the refusal is NOT checked here")
def test_a_forbidden_file_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(ENOUGH)
    (tmp_path / "t.txt").chmod(0)
    with pytest.raises(CorpusError, match="may not be read"):
        load(tmp_path / "t.txt")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with open(tmp_path / "huge.txt", "wb") as file:
        file.truncate(3 << 30)
    with pytest.raises(CorpusError, match=r"has 3.2 GB, at most 1.1 GB"):
        load(tmp_path / "huge.txt")


def test_a_hostile_file_name_reaches_no_terminal(tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as caught:
        load(tmp_path / "\x1b]0;owned\x07.txt")
    assert not {"\x1b", "\x07"} & set(str(caught.value))


@pytest.mark.parametrize(
    ("name", "meant"), [("shakespear", "Did you mean shakespeare? "), ("../../etc/passwd", ""), ("zzz", "")]
)
def test_an_unknown_name_gets_the_names_there_are(name: str, meant: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as caught:
        load_text(Settings(name=name), tmp_path)
    assert caught.value.message == f"corpus.name: there is no corpus {name!r}"
    assert caught.value.hint.startswith(f"{meant}There are count, sums, python, unicode, names, shakespeare.")
