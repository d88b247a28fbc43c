"""The process that trains packs for a sweep in another one: `python -m lrtui.cluster.pack_process`.

It reads jobs from its stdin and answers on its stdout, in order, and ends when nobody asks any more: however its sweep
ended, no process is left behind.
"""

from __future__ import annotations

import os
import sys

from lrtui.cluster.pack_server import PackServer
from lrtui.cluster.wire import Frame, read_frame, write_frame


def main() -> None:
    """Serve one sweep until it hangs up."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print must not be taken for an answer
    jobs, server = sys.stdin.buffer, PackServer()
    while (job := read_frame(jobs, Frame)) is not None:  # type: ignore[arg-type]
        try:
            write_frame(answers, server.answer(job))
        except OSError:
            return


if __name__ == "__main__":
    main()
