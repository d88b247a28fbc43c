"""Errors are sentences for the person who can fix them, and they know the exit code of the command they end.

LrtuiError                  70  a bug, or something no other class names
├── UsageError              64  a flag, a command or a name that cannot be meant
├── ConfigError             65  a configuration: every problem of it at once
├── CorpusError             65  a text that is missing, empty, binary, too short
├── DeviceError             65  a device or precision this machine lacks
├── CheckpointError         74  no checkpoint that can be trusted
│   └── OtherModelError     65  a checkpoint of another model than the one it is wanted for
└── DiskError               74  a directory that cannot be written, a full disk
"""


class LrtuiError(Exception):
    """What is wrong and where (`message`), and what to do about it (`hint`)."""

    exit_code = 70

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def sentence(self) -> str:
        """Message and hint on one line."""
        message, hint = (_on_one_line(text) for text in (self.message, self.hint))
        return f"{message}. {hint}" if hint else message

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


def _on_one_line(text: str) -> str:
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())


class UsageError(LrtuiError):
    exit_code = 64


class ConfigError(LrtuiError):
    exit_code = 65


class CorpusError(LrtuiError):
    exit_code = 65


class DeviceError(LrtuiError):
    exit_code = 65


class CheckpointError(LrtuiError):
    exit_code = 74


class OtherModelError(CheckpointError):
    exit_code = 65


class DiskError(LrtuiError):
    exit_code = 74
