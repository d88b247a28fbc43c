"""The control socket: the hands of any number of people and scripts, carried to the engine, each command once.

A thread of its own reads lines and puts commands into the inbox; the host gives it the answers. The engine never waits
for it: a client that does not read is dropped.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import shutil
import socket
import struct
import tempfile
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from lrtui.engine.inbox import Asker, Inbox
from lrtui.messages import Event, decode_command, encode
from lrtui.runs.control import LONGEST_LINE, Reply, Request, read_address, write_address
from lrtui.runs.directory import RunDirectory, disk_errors

_OUR_FOLDER = re.compile(r"lrtui-[A-Za-z0-9_]+")
_REMEMBERED = 1024  # answers kept for clients that ask again
_MOST_UNREAD = 1 << 20  # bytes of answers a client may leave unread before it is dropped
_PAUSE_SECONDS = 0.01


class WorkerInbox(Inbox):
    """An inbox that somebody may always reach: a paused run waits for its next command."""

    def wait(self) -> bool:
        time.sleep(_PAUSE_SECONDS)  # not a lock: a signal handler may put the command that ends the wait
        return True


@dataclass
class _Client:
    socket: socket.socket
    received: bytes = b""
    unsent: bytes = b""


@dataclass
class ControlServer:
    """Listens for `run` from `start` to `close`; the run's lock must be held."""

    run: RunDirectory
    inbox: Inbox
    _folder: Path | None = None
    _answers: OrderedDict[Asker, bytes | None] = field(default_factory=OrderedDict)
    _waiting: dict[Asker, set[int]] = field(default_factory=dict)
    _ready: deque[tuple[Asker, bytes]] = field(default_factory=deque)
    _clients: dict[int, _Client] = field(default_factory=dict)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Open the socket and tell its address in the run directory. Raises DiskError."""
        _sweep(self.run)
        with disk_errors("open a control socket for", self.run.path):
            self._folder = Path(tempfile.mkdtemp(prefix="lrtui-"))  # 0700, and short: a socket path ends at 107 bytes
            path = self._folder / "control"
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(str(path))
            os.chmod(path, 0o600)
            self._listener.listen(16)
            self._listener.setblocking(False)
            with disk_errors("write", self.run.control):
                write_address(self.run, path, os.getpid())
        self._bell, self._ear = socket.socketpair()
        self._ear.setblocking(False)
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)
        self._thread.start()

    def answer(self, asker: Asker, step: int, events: tuple[Event, ...]) -> None:
        """Called by the host when a command has been carried out and its events are on the disk."""
        told = [msgspec.Raw(encode(event)) for event in events]
        self._ready.append((asker, msgspec.json.encode(Reply(*asker, step=step, events=told)) + b"\n"))
        self._bell.send(b"!")

    def close(self) -> None:
        """Answer what is answered, then close, and leave no socket behind; nothing happens if it never started."""
        if self._thread is None:
            return
        self._closing = True
        self._bell.send(b"!")
        self._thread.join(timeout=2)
        _sweep(self.run)

    # -- the thread -----------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            self._selector = selector
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._ear, selectors.EVENT_READ)
            while not self._closing:
                for key, ready in selector.select():
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.fileobj is self._ear:
                        self._deliver()
                    else:
                        self._client_ready(key.fd, ready)
            self._deliver()
            for client in self._clients.values():
                client.socket.close()
            for end in (self._listener, self._bell, self._ear):
                end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            if not _is_ours(connection):
                connection.close()
                return
            connection.setblocking(False)
            self._clients[connection.fileno()] = _Client(connection)
            self._selector.register(connection, selectors.EVENT_READ)

    def _client_ready(self, number: int, ready: int) -> None:
        client = self._clients.get(number)
        if client is None:
            return  # dropped since the selector saw it
        try:
            if ready & selectors.EVENT_WRITE:
                self._flush(number, client)
            if ready & selectors.EVENT_READ:
                data = client.socket.recv(LONGEST_LINE)
                if not data:
                    raise ConnectionResetError
                client.received += data
                *lines, client.received = client.received.split(b"\n")
                for line in lines:
                    self._request(number, line)
                if len(client.received) > LONGEST_LINE:
                    raise ConnectionResetError
        except BlockingIOError:
            pass
        except OSError:
            self._drop(number)

    def _drop(self, number: int) -> None:
        client = self._clients.pop(number, None)
        if client is not None:
            self._selector.unregister(client.socket)
            client.socket.close()

    def _request(self, number: int, line: bytes) -> None:
        """Take one line: put its command into the inbox, unless it is there or was answered already."""
        try:
            request = msgspec.json.decode(line, type=Request)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self._send(number, msgspec.json.encode(Reply("", 0, error=f"no request: {error}")) + b"\n")
            return
        asker = (request.client, request.seq)
        if asker in self._answers:
            answer = self._answers[asker]
            if answer is None:
                self._waiting[asker].add(number)
            else:
                self._send(number, answer)
            return
        try:
            command = decode_command(bytes(request.command))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self._send(number, msgspec.json.encode(Reply(*asker, error=f"no command: {error}")) + b"\n")
            return
        self._answers[asker] = None
        self._waiting[asker] = {number}
        self.inbox.put(command, asker=asker)

    def _deliver(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._ear.recv(4096)
        while self._ready:
            asker, line = self._ready.popleft()
            self._answers[asker] = line
            for number in self._waiting.pop(asker, ()):
                self._send(number, line)
            while len(self._answers) > _REMEMBERED and next(iter(self._answers.values())) is not None:
                self._answers.popitem(last=False)

    def _send(self, number: int, line: bytes) -> None:
        client = self._clients.get(number)
        if client is None:
            return
        client.unsent += line
        try:
            self._flush(number, client)
        except OSError:
            self._drop(number)

    def _flush(self, number: int, client: _Client) -> None:
        with contextlib.suppress(BlockingIOError):
            client.unsent = client.unsent[client.socket.send(client.unsent) :]
        if len(client.unsent) > _MOST_UNREAD:
            self._drop(number)
            return
        write = selectors.EVENT_WRITE if client.unsent else 0
        self._selector.modify(client.socket, selectors.EVENT_READ | write)


def _is_ours(connection: socket.socket) -> bool:
    """Whether the process at the other end belongs to the same user, or to root."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # macOS and BSD: the folder's mode 0700 is the check
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return uid in (0, os.getuid())


def _sweep(run: RunDirectory) -> None:
    """Remove the socket folder that this run, or a killed worker of it, has left."""
    address = read_address(run)
    if address is None:
        return
    folder = Path(address.path).parent
    if _OUR_FOLDER.fullmatch(folder.name) and folder.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        run.control.unlink()
