"""What the key bar of the training screen names: what works in the state the run is in, called what it does then."""

from collections.abc import Mapping

from lrtui.tui.keys import KEYS
from lrtui.tui.state import RunView

_ALL = {key.id: key.label for key in KEYS if key.scope == "train" and key.label}
_LOOKING = {"zoom": "Zoom"}


def key_labels(view: RunView | None, read_only: bool) -> Mapping[str, str]:
    """Id → label of the keys to name, in their order."""
    if view is None:
        return {}
    if read_only or view.condition in ("opening", "deleted"):
        return _LOOKING
    if view.condition not in ("training", "paused"):
        return {"resume": "Resume", **_LOOKING}
    labels = dict(_ALL)
    if view.condition == "paused":
        labels["pause"] = "Continue"
    if view.rate is not None and view.rate.held is not None:
        labels["hold"] = "Release"
    return labels
