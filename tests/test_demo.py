"""`despool demo`: the whole program, as a newcomer starts it."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import aiohttp
import pytest

from bot.samples import ALERT, LOG

ROOT = Path(__file__).parent.parent
ENV = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "HTTPS_PROXY": "http://127.0.0.1:9"}


def demo(*arguments, cwd) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "demo", *map(str, arguments)],
        cwd=cwd,
        env=ENV,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def test_once_shows_the_reply_to_the_event_and_line_of_the_article(tmp_path):
    done = demo("--once", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for part in (
        "not disk space: filename.EXE was locked",
        "E:\\SMS_PKGE\\DOG0005D\\filename.EXE",
        "1. ",
        "Warning!",
        "(message, line ",
        "Failed, Win32 Error = 32",
        "Q193766",
    ):
        assert part in done.stdout
    assert "&lt;" not in done.stdout


def test_once_with_a_log_of_ones_own(tmp_path):
    log = tmp_path / "own.log"
    log.write_bytes(LOG.replace("filename.EXE", "other.dll").encode("utf-16"))
    done = demo("--once", log, cwd=tmp_path)
    assert done.returncode == 0
    assert "other.dll" in done.stdout.splitlines()[0]


def test_once_with_talk_is_silent_with_status_1(tmp_path):
    (tmp_path / "talk.txt").write_text("lunch at noon?")
    done = demo("--once", "talk.txt", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


def test_once_uploads_what_is_too_long_for_a_message(tmp_path):
    (tmp_path / "own.log").write_text(f"{'talk' * 20}\n" * 3000 + LOG)
    done = demo("--once", "own.log", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "filename.EXE was in use" in done.stdout.splitlines()[0]


def test_once_uploads_an_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("event.txt", ALERT)
        archive.writestr("despool.log", LOG)
    done = demo("--once", "logs.zip", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "not disk space: filename.EXE was locked" in done.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(None, "input.log", id="missing"),
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b" \r\n \r\n", "blanks", id="blanks only"),
        pytest.param(bytes(range(256)) * 40, "input.log", id="binary"),
        pytest.param("folder", "input.log", id="a folder"),
    ],
)
def test_unusable_input_ends_with_status_2_and_one_line(tmp_path, content, says):
    path = tmp_path / "input.log"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    done = demo("--once", "input.log", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


async def test_the_page_shows_the_thread_until_it_is_ended(tmp_path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo"),
        cwd=tmp_path,
        env=ENV,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(30):
            address = (await process.stdout.readline()).decode().strip()
            async with aiohttp.ClientSession() as session, session.get(address) as page:
                assert page.status == 200
            process.send_signal(signal.SIGINT)
            stdout, stderr = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    assert address.startswith("http://127.0.0.1:")
    assert (process.returncode, stdout, stderr) == (0, b"", b"")
