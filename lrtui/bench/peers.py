"""The peers: well-kept libraries that train or look for a rate too, where they happen to be installed.

None of them is a dependency, and none is loaded here: whether one is there is looked up, not tried.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec


@dataclass(frozen=True)
class Peer:
    """A library: its package, and the module that it is imported by."""

    package: str
    module: str

    @property
    def version(self) -> str | None:
        """Of the installed one; None where there is none."""
        if find_spec(self.module) is None:
            return None
        try:
            return version(self.package)
        except PackageNotFoundError:
            return "of unknown version"


LIGHTNING = Peer("lightning", "lightning")
FASTAI = Peer("fastai", "fastai")
TRANSFORMERS = Peer("transformers", "transformers")
LR_FINDER = Peer("torch-lr-finder", "torch_lr_finder")
PEERS = {peer.package: peer for peer in (LIGHTNING, FASTAI, TRANSFORMERS, LR_FINDER)}


def told(packages: Iterable[str]) -> str:
    """What is here of these `packages`, and what is not, in one line."""
    versions = {package: PEERS[package].version for package in dict.fromkeys(packages)}
    here = [f"{package} {there}" for package, there in versions.items() if there]
    missing = [package for package, there in versions.items() if not there]
    parts = [f"peers here: {', '.join(here)}"] if here else []
    parts += [f"not installed: {', '.join(missing)}"] if missing else []
    return "; ".join(parts)
