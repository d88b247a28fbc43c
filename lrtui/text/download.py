"""Texts from the network: the catalogue and any address, checked, retried, and put in place only when whole.

pooch writes to a temporary file, compares the sha256 and renames; it is imported when something is really fetched.
"""

import logging
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lrtui.errors import CorpusError
from lrtui.printable import printable
from lrtui.runs.directory import disk_errors

Progress = Callable[[str, int, int], None]
"""Called with the name of a text, the bytes fetched and the bytes in all (0: not known)."""

LARGEST = 1 << 30
_ROUNDS = 2
_PAUSE_S = 1.0
_CONNECT_S, _READ_S = 10, 30
_PIECE = 1 << 16


@dataclass(frozen=True)
class CatalogEntry:
    """A text that can be fetched by name; `characters` holds each character of it once, empty where not told."""

    name: str
    description: str
    licence: str
    bytes: int
    sha256: str
    urls: tuple[str, ...]
    characters: str = ""


@cache
def catalog() -> dict[str, CatalogEntry]:
    """The entries of catalog.toml by name."""
    source = resources.files("lrtui.text").joinpath("catalog.toml").read_text("utf-8")
    return {
        name: CatalogEntry(name=name, **{**fields, "urls": tuple(fields["urls"])})
        for name, fields in tomllib.loads(source).items()
    }


def fetch(entry: CatalogEntry, folder: Path, progress: Progress | None = None) -> Path:
    """The file of a catalogue entry in `folder`, fetched unless it is there and right.

    Raises CorpusError where no address gives it, with what to do without a network; DiskError where the disk refuses.
    """
    target = folder / f"{entry.name}.txt"
    if has(entry, folder):
        return target
    reasons: dict[str, str] = {}
    for attempt in range(_ROUNDS):
        if attempt:
            time.sleep(_PAUSE_S)
        for url in entry.urls:
            reason = _retrieve(url, target, entry.sha256, entry.name, entry.bytes, progress)
            if reason is None:
                return target
            reasons[str(urlsplit(url).hostname)] = reason
    raise CorpusError(
        f"cannot download corpus {entry.name}: " + "; ".join(f"{host}: {reason}" for host, reason in reasons.items()),
        f"Without a network, get {entry.urls[0]} elsewhere, copy it here and run "
        f"`lrtui corpus add FILE --name {entry.name}`, or train on any file with --set corpus.path=FILE. "
        "The texts count, sums, python and unicode need no download.",
    )


def has(entry: CatalogEntry, folder: Path) -> bool:
    """Whether the entry's file is in `folder` and is the right one."""
    try:
        return sha256((folder / f"{entry.name}.txt").read_bytes()).hexdigest() == entry.sha256
    except OSError:
        return False


def download(url: str, target: Path, progress: Progress | None = None) -> Path:
    """Fetches any http or https address into the file `target`. Raises CorpusError with the reason where that fails."""
    for attempt in range(_ROUNDS):
        if attempt:
            time.sleep(_PAUSE_S)
        reason = _retrieve(url, target, None, target.stem, 0, progress)
        if reason is None:
            return target
    raise CorpusError(
        f"cannot download {printable(url)}: {reason}",
        "Check the address, or fetch the file by other means and run `lrtui corpus add FILE`.",
    )


def _retrieve(
    url: str, target: Path, digest: str | None, name: str, size: int, progress: Progress | None
) -> str | None:
    """Fetches once; None when the file is in place, else the reason in words."""
    import pooch
    import requests

    pooch.get_logger().setLevel(logging.WARNING)  # its notes on stderr would tear a progress bar
    with disk_errors("create", target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    known = None if digest is None else f"sha256:{digest}"
    with disk_errors("write", target):
        try:
            pooch.retrieve(url, known, target.name, target.parent, downloader=_streamer(name, size, progress))
        except requests.RequestException as error:
            return _reason(error)
        except _TooLargeError:
            return f"it sends more than the {size or LARGEST:,} bytes there should be"
        except ValueError:
            return "what it sends is another file: its sha256 is not the catalogue's"
    return None


class _TooLargeError(Exception):
    """A server sends more than the file can have."""


def _streamer(name: str, size: int, progress: Progress | None) -> Callable[[str, str, Any], None]:
    """A downloader for pooch: reports to `progress` and stops at the size the file has at most."""

    def stream(url: str, output: str, _: Any) -> None:
        import requests

        done = 0
        with requests.get(url, stream=True, timeout=(_CONNECT_S, _READ_S)) as response, open(output, "wb") as file:
            response.raise_for_status()
            packed = "content-encoding" in response.headers
            total = size or (0 if packed else int(response.headers.get("content-length", 0)))
            for piece in response.iter_content(_PIECE):
                done += len(piece)
                if done > (size or LARGEST):
                    raise _TooLargeError
                file.write(piece)
                if progress:
                    progress(name, done, total)

    return stream


def _reason(error: Exception) -> str:
    """A request's failure in a few words, without the object addresses that requests puts into its own."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code}"
    words = {
        requests.Timeout: f"no answer within {_READ_S} s",
        requests.exceptions.SSLError: "its certificate is not accepted",
        requests.exceptions.ProxyError: "the proxy refuses",
        requests.exceptions.ChunkedEncodingError: "the connection broke off",
        requests.exceptions.ContentDecodingError: "what it sends cannot be unpacked",
        requests.exceptions.InvalidSchema: "it leads to an address that is not http",
        requests.ConnectionError: "no connection",
    }
    return next((text for kind, text in words.items() if isinstance(error, kind)), printable(str(error)))
