"""A download ends with the right file in place, or with a sentence and nothing in place."""

import gzip
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from lrtui.errors import CorpusError, DiskError
from lrtui.text import download as module
from lrtui.text.corpus import load_text
from lrtui.text.download import CatalogEntry, catalog, download, fetch
from tests.text.samples import Settings
from tests.text.server import Answer, Server

BODY = b"thirty-two thousand first names\n" * 8000


def entry_of(*urls: str, body: bytes = BODY) -> CatalogEntry:
    return CatalogEntry("sample", "a sample", "MIT", len(body), sha256(body).hexdigest(), urls)


def test_a_text_is_fetched_checked_and_kept(server: Server, tmp_path: Path) -> None:
    server.answers["/a"] = [Answer(BODY)]
    heard: list[tuple[str, int, int]] = []
    entry = entry_of(server.address + "/a")
    path = fetch(entry, tmp_path / "corpora", lambda *said: heard.append(said))
    assert path == tmp_path / "corpora" / "sample.txt"
    assert path.read_bytes() == BODY
    assert heard[-1] == ("sample", len(BODY), len(BODY))
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)
    assert fetch(entry, tmp_path / "corpora") == path
    assert server.asked == ["/a"]


def test_progress_is_right_for_a_packed_transfer(server: Server, tmp_path: Path) -> None:
    server.answers["/a"] = [Answer(gzip.compress(BODY), headers={"Content-Encoding": "gzip"})]
    heard: list[tuple[str, int, int]] = []
    assert fetch(entry_of(server.address + "/a"), tmp_path, lambda *said: heard.append(said)).read_bytes() == BODY
    assert heard[-1] == ("sample", len(BODY), len(BODY))


def test_the_next_address_is_tried(server: Server, tmp_path: Path) -> None:
    server.answers["/down"] = [Answer(status=503)]
    server.answers["/up"] = [Answer(BODY)]
    fetch(entry_of(server.address + "/down", server.address + "/up"), tmp_path)
    assert server.asked == ["/down", "/up"]


def test_an_address_gets_a_second_chance(server: Server, tmp_path: Path) -> None:
    server.answers["/a"] = [Answer(BODY[:5000], length=len(BODY)), Answer(BODY)]
    assert fetch(entry_of(server.address + "/a"), tmp_path).read_bytes() == BODY
    assert server.asked == ["/a", "/a"]


def test_a_wrong_file_is_replaced(server: Server, tmp_path: Path) -> None:
    server.answers["/a"] = [Answer(BODY)]
    (tmp_path / "sample.txt").write_bytes(b"half a file")
    assert fetch(entry_of(server.address + "/a"), tmp_path).read_bytes() == BODY


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(b"<html>log in first</html>"), "what it sends is another file: its sha256 is not the catalogue's"),
        (Answer(status=404), "HTTP 404"),
        (Answer(BODY[:-1], length=len(BODY)), "the connection broke off"),
        (Answer(BODY + b"!"), f"it sends more than the {len(BODY):,} bytes there should be"),
        (Answer(b"never packed", headers={"Content-Encoding": "gzip"}), "what it sends cannot be unpacked"),
        (Answer(status=302, headers={"Location": "ftp://elsewhere/"}), "it leads to an address that is not http"),
    ],
)
def test_what_is_not_the_text_gets_a_sentence(answer: Answer, reason: str, server: Server, tmp_path: Path) -> None:
    server.answers["/a"] = [answer]
    with pytest.raises(CorpusError) as caught:
        fetch(entry_of(server.address + "/a"), tmp_path)
    assert caught.value.message == f"cannot download corpus sample: 127.0.0.1: {reason}"
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_the_sentence_says_what_to_do(server: Server, tmp_path: Path) -> None:
    closed = "http://127.0.0.1:9/names.txt"
    with pytest.raises(CorpusError) as caught:
        fetch(entry_of(closed), tmp_path)
    assert caught.value.message == "cannot download corpus sample: 127.0.0.1: no connection"
    for remedy in (closed, "lrtui corpus add FILE --name sample", "--set corpus.path=FILE", "python"):
        assert remedy in caught.value.hint


def test_a_server_that_says_nothing_is_left(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_READ_S", 0.1)
    server.answers["/a"] = [Answer(b"", length=100)]
    with pytest.raises(CorpusError, match=r"the connection broke off|no answer within"):
        fetch(entry_of(server.address + "/a"), tmp_path)


def test_a_disk_that_refuses_gets_its_own_error(server: Server, tmp_path: Path) -> None:
    (tmp_path / "corpora").write_text("a file where a folder should be")
    with pytest.raises(DiskError, match=r"cannot create .*corpora"):
        fetch(entry_of(server.address + "/a"), tmp_path / "corpora")


def test_a_config_that_names_it_fetches_it(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers["/a"] = [Answer(BODY)]
    local = {"sample": entry_of(server.address + "/a")}
    monkeypatch.setattr("lrtui.text.corpus.catalog", lambda: local)
    heard: list[str] = []
    text = load_text(Settings(name="sample"), tmp_path, lambda name, *_: heard.append(name))
    assert text.text == BODY.decode()
    assert set(heard) == {"sample"}


def test_any_address_can_be_fetched(server: Server, tmp_path: Path) -> None:
    server.answers["/text"] = [Answer(BODY)]
    heard: list[tuple[str, int, int]] = []
    path = download(server.address + "/text", tmp_path / "mine.txt", lambda *said: heard.append(said))
    assert path.read_bytes() == BODY
    assert heard[-1] == ("mine", len(BODY), len(BODY))


@pytest.mark.parametrize("url", ["http://", "http://[::1", "https://a b/", "http://127.0.0.1:99999/"])
def test_a_broken_address_gets_a_sentence(url: str, server: Server, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot download http"):
        download(url, tmp_path / "x.txt")


def test_the_catalogue_is_complete() -> None:
    assert set(catalog()) == {"names", "shakespeare"}
    for entry in catalog().values():
        assert len(entry.urls) >= 2
        assert all(url.startswith("https://") for url in entry.urls)
        assert entry.licence
        assert replace(entry) == entry


def test_no_download_loads_nothing_for_downloads() -> None:
    code = "import sys, lrtui.text.shelf; sys.exit(any(m in sys.modules for m in ('pooch', 'requests', 'torch')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0
