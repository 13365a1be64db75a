"""Questions to the worker that reads /proc, which is ended when it is late with an answer."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from bot.errors import DespoolError

# asyncio is imported where it is used: the worker of a command starts while that is loaded.

Json = dict[str, Any]

_ROOT = str(Path(__file__).parents[2])
# without the site packages it starts in a third of the time, and needs none of them
_COMMAND = (
    "import sys; sys.path.insert(0, sys.argv[1]); from bot.agent.procfs.worker import main; main()"
)
_PART = 1 << 16
_MOST = 2  # workers that wait for the next question
_AT_END = 1.0  # seconds to wait for a worker that has been killed

_idle: list[_Worker] = []
_late: list[_Worker] = []  # killed, and perhaps not yet dead: a dead server keeps them


class WorkerSilent(DespoolError):
    """The worker gave no answer in time, or ended."""


async def ask(question: Json, deadline: float) -> Json:
    """Return the worker's answer, or raise WorkerSilent after `deadline` seconds."""
    import asyncio

    try:
        worker = _ready()
    except OSError as problem:
        why = problem.strerror or str(problem)
        raise WorkerSilent(f"the process that looks could not be started: {why}") from problem
    try:
        async with asyncio.timeout(max(deadline, 0)):
            answer = await worker.answer(question)
    except TimeoutError:
        worker.kill()
        raise WorkerSilent(f"no answer within {deadline:.1f} s: a file system may hang") from None
    except (OSError, ValueError):
        worker.kill()
        raise WorkerSilent("the process that looks has ended without an answer") from None
    except asyncio.CancelledError:
        worker.kill()
        raise
    if len(_idle) < _MOST:
        _idle.append(worker)
    else:
        worker.kill()
    return answer


def _ready() -> _Worker:
    """Return a worker that waits, and none that has died of something else meanwhile."""
    while _idle:
        worker = _idle.pop()
        if not worker.is_over():
            return worker
        worker.close()
    return _Worker()


def prepare() -> None:
    """Start a worker for a question that will come soon; where this fails, `ask` says so."""
    if sys.platform == "linux":
        with suppress(OSError):
            _idle.append(_Worker())


@atexit.register
def dismiss() -> None:
    """End the workers that wait for a question."""
    while _idle:
        _idle.pop().kill()
    for worker in _late:
        worker.wait()
    _bury()


class _Worker:
    """One worker process; it ends by itself when this process is gone."""

    def __init__(self) -> None:
        _bury()
        self._process = subprocess.Popen(  # noqa: S603 our own program
            [sys.executable, "-I", "-S", "-c", _COMMAND, _ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us, and its own child is ended with it
        )
        os.set_blocking(_pipe(self._process.stdout).fileno(), False)

    async def answer(self, question: Json) -> Json:
        """Put a question and wait for the line that answers it."""
        stdin = _pipe(self._process.stdin)
        stdin.write(json.dumps(question).encode() + b"\n")
        stdin.flush()
        output = _pipe(self._process.stdout).fileno()
        parts: list[bytes] = []
        while not parts or not parts[-1].endswith(b"\n"):
            await _readable(output)
            part = os.read(output, _PART)
            if not part:
                raise ValueError("the worker has ended")
            parts.append(part)
        answer: Json = json.loads(b"".join(parts))
        return answer

    def kill(self) -> None:
        """End it at once, without waiting: one that hangs in a dead server dies when it likes."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self.close()
        _late.append(self)

    def wait(self) -> None:
        """Wait for a moment until it has died."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_AT_END)

    def is_over(self) -> bool:
        """Tell whether the process is gone."""
        return self._process.poll() is not None

    def close(self) -> None:
        """Put no more questions."""
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("a worker has pipes")
    return pipe


def _bury() -> None:
    _late[:] = [worker for worker in _late if not worker.is_over()]


async def _readable(descriptor: int) -> None:
    import asyncio

    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(descriptor, wake)
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)
