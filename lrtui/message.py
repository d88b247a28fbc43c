"""What a message is: a frozen struct with a tag, a command to the engine or an event from it."""

import msgspec


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="command", tag=_snake):
    """Something a person, a script or a screen asks of a run; it takes effect between two steps."""


class Event(msgspec.Struct, frozen=True, tag_field="event", tag=_snake):
    """Something that happened at `step`: between step − 1 and step, unless said otherwise."""

    step: int
