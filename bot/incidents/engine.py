"""The durable engine of the jobs: DBOS behind our port, and the only module that imports it."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import SettingsError
from bot.incidents.acceptance import Acceptance, Kept
from bot.incidents.database import StoreUnavailable, Where, connect, unavailable
from bot.incidents.jobs import Job, JobsStopped, OnError, Work
from bot.incidents.performing import Later, Performer, SetAside

log = logging.getLogger(__name__)

APPLICATION = "despool"
# our own number, raised only when a job of the old kind could not be done by new code: by default
# it is a hash of the sources, and work left by any other release would never be done
VERSION = "1"
QUEUE = "work"
WORKFLOW = "run"
# a job mostly waits for Slack, and those of one slow channel wait together: they are to leave
# some over; analyses and downloads have bounds of their own
AT_ONCE = 512
THREADS = 16  # unlimited, DBOS starts a thousand in a burst, and the loop stalls
POLL = 0.1  # seconds until work that was kept is begun
BUSY = 2_000  # milliseconds; whoever waits for an acknowledgement cannot wait longer
MOST = 1_000  # rows in one look
UNFINISHED = ("ENQUEUED", "PENDING")
DEAD = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


class _Json:
    """What is stored stays readable, and is never unpickled."""

    def serialize(self, data: Any) -> str:
        """Write one value; an exception, which DBOS hands over as well, becomes its name."""
        return json.dumps(data, default=lambda other: type(other).__name__)

    def deserialize(self, serialized_data: str) -> Any:
        """Read one value."""
        return json.loads(serialized_data)

    def name(self) -> str:
        """Return what DBOS writes beside each value."""
        return "despool_json"


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
async def _run(kind: str, payload: dict[str, Any], key: str) -> None:
    assert _engine is not None  # noqa: S101 - only a started engine claims work
    await _engine.perform(Job(kind=kind, payload=payload, key=key))


_engine: DurableJobs | None = None  # DBOS itself exists once in a process


def migrate(place: Where) -> None:
    """Bring DBOS's own tables up to date, or raise SettingsError."""
    _quieten()
    try:
        DBOS.migrate(place.jobs.render_as_string(hide_password=False))
    except SQLAlchemyError as error:
        raise SettingsError(f"DESPOOL_DATABASE_URL cannot be used. {unavailable(error)}") from None


class DurableJobs:
    """Jobs that outlive the process, kept in SQLite or PostgreSQL.

    `executor` names this start of the process and no other: work of one that is gone is found by
    its name. `aside` is told what failed for good.
    """

    def __init__(self, place: Where, *, executor: str, aside: SetAside) -> None:
        self._place = place
        self._executor = executor
        self._aside = aside
        self._accepting = connect(place.jobs, size=2, busy=BUSY)
        self._client = _client(self._accepting)
        self._working: sa.Engine | None = None
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="jobs")
        self._acceptance = Acceptance(self._write)
        self._performer: Performer | None = None
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    @property
    def under_way(self) -> int:
        """Return how many pieces of work this process is doing."""
        return len(self._under_way)

    async def submit(self, kind: str, payload: dict[str, Any], key: str) -> bool:
        """Return once the work is on the disk; False where the key is known already."""
        return await self._keep(Job(kind=kind, payload=payload, key=key))

    async def submit_at(
        self, kind: str, payload: dict[str, Any], key: str, *, after: float
    ) -> bool:
        """Keep work that begins no sooner than `after` seconds from now: a row, not a task."""
        return await self._keep(Job(kind=kind, payload=payload, key=key), after)

    async def _keep(self, job: Job, after: float | None = None) -> bool:
        if self._closed:
            raise JobsStopped("Despool is stopping and takes no more work.")
        return await self._acceptance.keep(job, after)

    def _write(self, batch: Sequence[Kept]) -> list[bool]:
        try:
            with self._accepting.begin() as connection:
                return [self._enqueue(connection, one) for one in batch]
        except SQLAlchemyError as error:
            raise unavailable(error) from error

    def _enqueue(self, connection: sa.Connection, kept: Kept) -> bool:
        job = kept.job
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": job.key,
            "workflow_id_reuse_policy": "reject",
            "app_version": VERSION,
        }
        if kept.after is not None:
            options["delay_seconds"] = kept.after
        try:
            self._client.enqueue_in_transaction(connection, options, job.kind, job.payload, job.key)
        except dbos_error.DBOSWorkflowIDInUseError:
            return False
        return True

    async def start(self, work: Mapping[str, Work], on_error: OnError) -> None:
        """Begin to claim work; launching takes the loop some hundredths of a second."""
        global _engine
        self._performer = Performer(work, on_error, aside=self._aside, later=self._postpone)
        _engine = self
        await self._in_thread(self._register)
        self._working = connect(self._place.jobs, size=THREADS + 4)
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": self._working,
            "application_version": VERSION,
            "executor_id": self._executor,
            "max_executor_threads": THREADS,
            "serializer": _Json(),  # type: ignore[typeddict-item]
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": 0.1,
            "run_migrations": False,
            "log_level": "WARNING",
        }
        _quieten()
        DBOS(config=config)
        DBOS.launch()

    def _register(self) -> None:
        self._client.register_queue(
            QUEUE,
            worker_concurrency=AT_ONCE,
            polling_interval_sec=POLL,
            application_name=APPLICATION,
        )

    async def perform(self, job: Job) -> None:
        """Do one piece of work that was claimed; ends without an outcome when the bot does."""
        assert self._performer is not None  # noqa: S101 - set before anything is claimed
        task = asyncio.create_task(self._performer.perform(job), name=f"job {job.key}")
        self._under_way[job.key] = task
        try:
            await task
        finally:
            self._under_way.pop(job.key, None)

    async def _postpone(self, later: Later) -> None:
        await self._acceptance.keep(later.job, later.after)

    async def idle(self) -> None:
        """Wait until nothing is waiting or under way, what is to begin later aside."""
        # other processes work on the same rows, so there is no event to wait for
        while await self._count(UNFINISHED, limit=1):  # noqa: ASYNC110
            await asyncio.sleep(POLL / 2)

    async def depth(self) -> int:
        """Return how many pieces of work are waiting or under way, MOST at the most."""
        return await self._count(UNFINISHED)

    async def overdue(self, seconds: float) -> int:
        """Return how many pieces of work have waited for longer than that, MOST at the most."""
        before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))
        return await self._count(UNFINISHED, end_time=before)

    async def dead(self) -> int:
        """Return how many pieces of work failed inside the engine, or are of another version."""
        failed = await self._count(DEAD)
        rows = await self._rows(list(UNFINISHED))
        return failed + sum(row.app_version not in (None, VERSION) for row in rows)

    async def _count(self, status: Collection[str], *, limit: int = MOST, **where: Any) -> int:
        return len(await self._rows(list(status), limit=limit, **where))

    async def _rows(self, status: list[str], *, limit: int = MOST, **where: Any) -> list[Any]:
        rows: list[Any] = await self._in_thread(
            lambda: self._client.list_workflows(
                status=status,
                name=WORKFLOW,
                limit=limit,
                load_input=False,
                load_output=False,
                **where,
            )
        )
        return rows

    async def left_by(self, executors: Collection[str] | None = None) -> dict[str, str]:
        """Return the keys of claimed work with who claimed it; None: whoever it was."""
        names = None if executors is None else list(executors)
        rows = await self._rows(["PENDING"], executor_id=names)
        return {
            str(row.workflow_id): str(row.executor_id)
            for row in rows
            if not (row.executor_id == self._executor and row.workflow_id in self._under_way)
        }

    async def release(self, keys: Sequence[str]) -> None:
        """Give claimed work back to whoever is there; the claim of another counts no more."""
        if keys:
            await self._in_thread(
                lambda: self._client.resume_workflows(list(keys), queue_name=QUEUE)
            )

    async def give_up(self, keys: Sequence[str]) -> None:
        """Never do this work again."""
        if keys:
            await self._in_thread(lambda: self._client.cancel_workflows(list(keys)))

    async def forget(self, before: float) -> int:
        """Delete what was done before a time (seconds since 1970); return how many rows."""
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(before))
        rows = await self._rows(["SUCCESS", "ERROR", "CANCELLED"], end_time=until)
        keys = [str(row.workflow_id) for row in rows]
        if keys:
            await self._in_thread(lambda: self._client.delete_workflows(keys))
        return len(keys)

    async def drain(self, deadline: float) -> int:
        """Claim no more, let the work finish for `deadline` seconds, give the rest back."""
        if self._closed:
            return 0
        self._closed = True
        await self._in_thread(self._acceptance.close)
        seconds = math.ceil(deadline) if self._under_way else 0
        if self._working is not None:
            await self._in_thread(lambda: DBOS.destroy(workflow_completion_timeout_sec=seconds))
            # DBOS had put its own threads, which have ended, behind `asyncio.to_thread`
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        left = dict(self._under_way)
        for task in left.values():
            task.cancel()
        await asyncio.gather(*left.values(), return_exceptions=True)
        await self._give_back(list(left))
        # a look that nobody waits for any more would leave its connection open behind us
        await asyncio.to_thread(self._threads.shutdown)
        self._end()
        return len(left)

    async def _give_back(self, keys: list[str]) -> None:
        if not keys:
            return
        log.warning("Work is left to whoever comes next", extra={"jobs": len(keys)})
        try:
            await self.release(keys)
        except StoreUnavailable as error:  # then the next one finds them by our name
            log.warning("Work could not be given back: %s", error)

    def _end(self) -> None:
        global _engine
        _engine = None
        for engine in (self._accepting, self._working):
            if engine is not None:
                engine.dispose()

    async def _in_thread(self, call: Any) -> Any:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, call)
        except SQLAlchemyError as error:
            raise unavailable(error) from error
        except dbos_error.DBOSException as error:
            raise StoreUnavailable(f"The jobs could not be read: {type(error).__name__}.") from None


def _client(engine: sa.Engine) -> DBOSClient:
    return DBOSClient(
        system_database_engine=engine,
        serializer=_Json(),  # type: ignore[arg-type]
        application_name=APPLICATION,
        lazy=True,
        retry_connection_errors=False,  # an acknowledgement cannot wait for a database
    )


def _quieten() -> None:
    """Let DBOS write to our log, and not to a handler of its own."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
