"""A process that has loaded everything and forks: one real `lrtui` process per line of JSON arguments, in milliseconds.

It never computes, so that its children start as fresh as a new process would. What each of them would load or make
again is there: the commands, the charts, and the text that nearly all of them train on.
"""

import gc
import json
import os
import sys
from dataclasses import replace

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


SUMS = sums()
BUILTINS["sums"] = replace(BUILTINS["sums"], make=lambda: SUMS)
gc.collect()
gc.freeze()  # no collection of a child walks, and so copies, what is loaded
print("ready", flush=True)
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        child(json.loads(line))
    print("process", pid, flush=True)
    _, status = os.waitpid(pid, 0)
    print("code", os.waitstatus_to_exitcode(status), flush=True)
