"""The texts of a home: what there is, and how a file, a folder or an address becomes one more."""

import os
import re
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from lrtui.errors import UsageError
from lrtui.printable import printable
from lrtui.runs.directory import RUN_NAME, disk_errors
from lrtui.text.builtin import BUILTINS
from lrtui.text.corpus import added_files, corpora_folder, decoded
from lrtui.text.download import CatalogEntry, Progress, catalog, download, fetch, has
from lrtui.text.files import read_path


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusEntry:
    """A line of `lrtui corpus list`. `bytes` is None where the text is only made when it is used."""

    name: str
    source: Literal["built in", "catalogue", "added"]
    ready: bool
    bytes: int | None
    licence: str
    description: str


def list_corpora(home: Path) -> list[CorpusEntry]:
    """Every text that `corpus.name` can name: built in, of the catalogue, added."""
    entries = [
        CorpusEntry(name=n, source="built in", ready=True, bytes=None, licence="", description=b.description)
        for n, b in BUILTINS.items()
    ]
    entries += [_of_catalog(entry, home) for entry in catalog().values()]
    known = {entry.name for entry in entries}
    for path in added_files(home):
        if path.stem not in known:
            size = path.stat().st_size
            entries.append(
                CorpusEntry(name=path.stem, source="added", ready=True, bytes=size, licence="", description=str(path))
            )
    return entries


def add_corpus(source: str, home: Path, name: str | None = None, progress: Progress | None = None) -> Path:
    """Makes `source` usable as `corpus.name`: a name of the catalogue, a file, a folder (joined) or an address.

    Raises UsageError where the name is taken or cannot be one, CorpusError where there is no text to be had,
    DiskError where the home cannot be written.
    """
    folder = corpora_folder(home)
    if not source:
        raise UsageError("there is nothing to add: the source is empty", "Name a file, a folder or an address.")
    if source in BUILTINS and name is None:
        raise UsageError(
            f"{source} is built in: there is nothing to add", f"Train on it: lrtui run --set corpus.name={source}"
        )
    if source in catalog() and name is None:
        return fetch(catalog()[source], folder, progress)
    chosen = _name_for(source, name)
    if source.lower().startswith(("http://", "https://")):
        return _add_address(source, chosen, folder, progress)
    return _store(read_path(Path(source), leave_out=(home / "checkpoints", folder)), chosen, folder)


def _of_catalog(entry: CatalogEntry, home: Path) -> CorpusEntry:
    return CorpusEntry(
        name=entry.name,
        source="catalogue",
        ready=has(entry, corpora_folder(home)),
        bytes=entry.bytes,
        licence=entry.licence,
        description=entry.description,
    )


def _name_for(source: str, name: str | None) -> str:
    """The name asked for, or one made of the source's last part without its ending."""
    if name is None:
        last = urlsplit(source).path if "://" in source else source
        stem = Path(last).absolute().stem if last else ""
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:64] or "text"
    if not RUN_NAME.fullmatch(name):
        raise UsageError(
            f"{printable(name)!r} cannot name a corpus",
            "A name begins with a letter or digit and has up to 64 letters, digits, dots, underscores and hyphens.",
        )
    if name in BUILTINS:
        raise UsageError(f"{name} is the name of a built-in corpus", "Choose another one with --name.")
    return name


def _add_address(url: str, name: str, folder: Path, progress: Progress | None) -> Path:
    with disk_errors("create", folder):
        folder.mkdir(parents=True, exist_ok=True)
    # what comes may be refused for its name or its bytes: it is looked at before it takes the place of anything
    with tempfile.TemporaryDirectory(prefix=".add-", dir=folder) as waiting:
        return _store(read_path(download(url, Path(waiting) / f"{name}.txt", progress)), name, folder)


def _store(raw: bytes, name: str, folder: Path) -> Path:
    """Writes NAME.txt whole or not at all; a name that holds another text is refused."""
    target = folder / f"{name}.txt"
    digest = decoded(name, raw, "byte").sha256
    if name in catalog() and digest != catalog()[name].sha256:
        raise UsageError(
            f"{name} is a name of the catalogue, and this is another text", "Choose another name with --name."
        )
    with disk_errors("write", target):
        if target.exists() and name not in catalog() and sha256(target.read_bytes()).hexdigest() != digest:
            raise UsageError(
                f"there is another corpus {name} already: {printable(str(target))}",
                "Choose another name with --name, or remove that file first.",
            )
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".add-", dir=folder)
        try:
            with open(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    return target
