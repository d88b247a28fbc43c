"""A process that has loaded everything and forks: one real `lrtui` process per line of JSON arguments, in milliseconds.

It says `process PID` when one begins, and `code PID CODE` when one has ended.

It never computes, so that its children start as fresh as a new process would. What each of them would load or make
again is there: the commands, the charts, and the text that nearly all of them train on.
"""

import gc
import json
import os
import select
import signal
import sys
from dataclasses import replace

import plotext  # noqa: F401

import lrtui.cli.bench
import lrtui.cli.commands
import lrtui.console.charts
import lrtui.console.front
import lrtui.models.bigram
import lrtui.models.mlp
import lrtui.run_charts
import lrtui.runs.catalog
import lrtui.worker.detach
import lrtui.worker.replay
import lrtui.worker.resume  # noqa: F401
from lrtui.cli.app import main
from lrtui.text.builtin import BUILTINS, sums


def child(job: dict[str, object]) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.close(woken)
    os.close(wakes)
    out = os.open(str(job["out"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ["LRTUI_HOME"] = str(job["home"])
    os.chdir(str(job["cwd"]))
    sys.argv = ["lrtui", *job["argv"]]  # type: ignore[misc]
    try:
        main()
    except SystemExit as end:
        sys.stdout.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)
    os._exit(0)


def told_of_ended(pids: set[int]) -> set[int]:
    """Those of `pids` that have ended, of which it is told."""
    ended = set()
    for pid in pids:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            print("code", pid, os.waitstatus_to_exitcode(status), flush=True)
            ended.add(pid)
    return ended


SUMS = sums()
BUILTINS["sums"] = replace(BUILTINS["sums"], make=lambda: SUMS)
gc.collect()
gc.freeze()  # no collection of a child walks, and so copies, what is loaded
print("ready", flush=True)
woken, wakes = os.pipe()
os.set_blocking(wakes, False)
signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
signal.signal(signal.SIGCHLD, lambda *_: None)  # it only wakes
unread, living = b"", set()
while True:
    ready, _, _ = select.select([0, woken], [], [])
    if woken in ready:
        os.read(woken, 4096)
        living -= told_of_ended(living)
    if 0 not in ready:
        continue
    if not (read := os.read(0, 1 << 16)):
        break
    *lines, unread = (unread + read).split(b"\n")
    for line in lines:
        pid = os.fork()
        if pid == 0:
            child(json.loads(line))
        living.add(pid)
        print("process", pid, flush=True)
for pid in living:
    os.kill(pid, signal.SIGKILL)
