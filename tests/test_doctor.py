"""`despool doctor`: each fault has its row, and each row says how to mend it."""

import asyncio
import contextlib
import json
import os
import socket
import sqlite3
import sys
import time
from datetime import datetime
from email.utils import formatdate
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from rich.console import Console

from bot import slack
from bot.agents import AgentStatus, NoAgents
from bot.app import running
from bot.doctor import Row, examine
from bot.doctor.here import versions_of
from bot.doctor.terminal import plain, table
from bot.hearing import Hearing
from bot.incidents import Job
from bot.incidents.opening import opened
from bot.workspace import Fault, Workspace
from bot.workspace.cast import BOT_USER, SCOPES
from tests.slack_bot import hearing, http_settings, socket_settings

ROOT = Path(__file__).parent.parent
HEAD = ["settings", "token", "scopes"]
TAIL = ["files", "clock", "database", "work", "agents", "versions"]
SOCKET_IDS = [*HEAD, "app-token", "channels", "socket", *TAIL]
HTTP_IDS = [*HEAD, "channels", "request-url", *TAIL]
OVER_SLACK = {"token", "scopes", "app-token", "channels", "files", "clock"}


@pytest.fixture
def in_socket_mode(ws, tmp_path):
    def make(**changes):
        return socket_settings(ws, **({"data_dir": tmp_path / "data"} | changes))

    return make


@pytest.fixture
def over_http(ws, tmp_path):
    def make(**changes):
        return http_settings(ws, **({"data_dir": tmp_path / "data"} | changes))

    return make


def by_id(rows):
    assert len({row.id for row in rows}) == len(rows)
    for row in rows:
        assert row.ok is (row.fix is None), row
        assert row.detail
        assert "\n" not in row.detail + (row.fix or "")
    return {row.id: row for row in rows}


async def failures(settings, **options):
    return {row.id: row for row in by_id(await examine(settings, **options)).values() if not row.ok}


@contextlib.asynccontextmanager
async def served(handler, path="/{any:.*}"):
    """Serve one handler and give its address."""
    app = web.Application()
    app.router.add_route("*", path, handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    try:
        yield f"http://{host}:{port}/"
    finally:
        await runner.cleanup()


@pytest.fixture
def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]  # bound, but nobody listens


# ---- all is well


async def test_in_socket_mode_all_is_well(in_socket_mode):
    rows = await examine(in_socket_mode())
    assert [row.id for row in rows] == SOCKET_IDS
    assert all(row.ok for row in by_id(rows).values())


async def test_over_http_all_is_well(over_http):
    rows = await examine(over_http())
    assert [row.id for row in rows] == HTTP_IDS
    assert all(row.ok for row in by_id(rows).values())


async def test_the_running_bot_examines_itself_without_asking_for_another_socket(ws):
    async with hearing(ws) as live:
        before = len(ws.calls)
        rows = by_id(await live.bot.services.examine())
    assert list(rows) == SOCKET_IDS
    assert all(row.ok for row in rows.values())
    assert "heard" in rows["socket"].detail
    assert "apps.connections.open" not in [call.method for call in ws.calls[before:]]


async def test_the_checks_wait_for_slack_together(in_socket_mode):
    expected = {"auth.test", "apps.connections.open", "users.conversations", "files.list"}
    asked, all_asked = set(), asyncio.Event()

    async def answer(request):
        asked.add(request.path.rpartition("/")[2])
        if asked == expected:
            all_asked.set()
        await all_asked.wait()  # for ever, where one check waits for another
        return web.json_response({"ok": True, "channels": [1]})

    async with served(answer) as url, asyncio.timeout(10):
        rows = by_id(await examine(in_socket_mode(slack_api_url=url), timeout=20))
    assert rows["token"].ok
    assert asked == expected


# ---- the settings


def doctor(*words, cwd, **env):
    """Run `despool doctor` in a process of its own."""
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DESPOOL_DATA_DIR": str(cwd / "d")}
    return asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "doctor", *words),
        env=own | env,
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def told(*words, cwd, **env):
    """Return the exit status, the standard output and the standard error of `despool doctor`."""
    process = await doctor(*words, cwd=cwd, **env)
    async with asyncio.timeout(30):
        stdout, stderr = await process.communicate()
    return process.returncode, stdout.decode(), stderr.decode()


@pytest.mark.parametrize(
    ("env", "named"),
    [
        pytest.param({}, ["SLACK_BOT_TOKEN"], id="nothing is set"),
        pytest.param({"SLACK_BOT_TOKEN": "hunter2"}, ["SLACK_BOT_TOKEN"], id="a wrong token"),
        pytest.param({"SLACK_BOT_TOKEN": "xoxb-1"}, ["SLACK_SIGNING_SECRET"], id="half is set"),
        pytest.param({"PORT": "hunter2"}, ["SLACK_BOT_TOKEN", "PORT"], id="two are wrong"),
    ],
)
async def test_wrong_settings_are_named_with_their_repair(tmp_path, env, named):
    status, stdout, stderr = await told("--json", cwd=tmp_path, **env)
    rows = by_id([Row(**row) for row in json.loads(stdout)])
    assert (status, stderr) == (1, "")
    assert list(rows) == ["settings", "database", "agents", "versions"]
    assert [row.id for row in rows.values() if not row.ok] == ["settings"]
    for name in named:
        assert name in rows["settings"].detail
        assert f"{name}: " in rows["settings"].fix
    assert "hunter2" not in stdout


# ---- the command


def environment(ws, **changes):
    names = {"bot_token": "SLACK_BOT_TOKEN", "app_token": "SLACK_APP_TOKEN"}
    env = {variable: getattr(ws, name) for name, variable in names.items()}
    return env | {"DESPOOL_SLACK_API_URL": ws.api_url, "PORT": "0"} | changes


async def test_all_well_ends_with_status_0_and_a_line_for_each_row(ws, tmp_path):
    status, stdout, stderr = await told(cwd=tmp_path, **environment(ws))
    assert (status, stderr) == (0, "")
    assert [line.split()[:3] for line in stdout.splitlines()] == [
        ["✓", "ok", name] for name in SOCKET_IDS
    ]


async def test_with_json_it_prints_an_array_of_rows_and_nothing_else(ws, tmp_path):
    ws.fail("users.conversations", Fault(error="missing_scope"))
    status, stdout, stderr = await told("--json", cwd=tmp_path, **environment(ws))
    rows = json.loads(stdout)
    assert (status, stderr) == (1, "")
    assert [list(row) for row in rows] == [["id", "ok", "detail", "fix"]] * len(SOCKET_IDS)
    assert [row["id"] for row in rows if not row["ok"]] == ["channels"]


async def test_a_wrong_app_token_is_told_at_once(ws, tmp_path):
    env = environment(ws, SLACK_APP_TOKEN="xapp-hunter2")
    status, stdout, stderr = await told(cwd=tmp_path, **env)
    assert (status, stderr) == (1, "")
    assert "✗ FAILED  app-token" in stdout
    assert "hunter2" not in stdout
    assert [call.method for call in ws.calls].count("apps.connections.open") == 1


async def test_slack_being_down_is_no_trace(ws, tmp_path, closed_port):
    env = environment(ws, DESPOOL_SLACK_API_URL=f"http://127.0.0.1:{closed_port}/api/")
    status, stdout, stderr = await told("--json", cwd=tmp_path, **env)
    rows = by_id([Row(**row) for row in json.loads(stdout)])
    assert (status, stderr) == (1, "")
    assert {row.id for row in rows.values() if not row.ok} == OVER_SLACK
    assert all("Slack cannot be reached" in rows[name].detail for name in OVER_SLACK)


async def test_a_terminal_without_the_signs_gets_the_words(ws, tmp_path):
    env = environment(ws, PYTHONIOENCODING="ascii", SLACK_APP_TOKEN="xapp-wrong")
    _, stdout, _ = await told(cwd=tmp_path, **env)
    words = [line.split()[0] for line in stdout.splitlines() if not line.startswith(" ")]
    assert set(words) == {"ok", "FAILED"}


# ---- what Slack says


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(status=500), id="500"),
        pytest.param(Fault(cut="before"), id="cut"),
        pytest.param(Fault(error="internal_error"), id="internal error"),
    ],
)
async def test_slack_in_trouble_fails_every_row_that_needs_it(ws, in_socket_mode, fault):
    for method in ("auth.test", "apps.connections.open", "users.conversations", "files.list"):
        ws.fail(method, fault, times=None)
    failed = await failures(in_socket_mode())
    assert failed.keys() | {"clock"} == OVER_SLACK  # an answer that fails still tells the time
    assert all(row.detail.startswith("Slack cannot be reached") for row in failed.values())


async def test_a_limit_is_told_with_its_time(ws, in_socket_mode):
    ws.fail("users.conversations", Fault(status=429, retry_after=7))
    failed = await failures(in_socket_mode())
    assert "7 s" in failed["channels"].detail


async def test_slack_that_does_not_answer_is_waited_for_only_so_long(in_socket_mode):
    async def never(_):
        await asyncio.Event().wait()

    async with served(never) as url, asyncio.timeout(10):
        failed = await failures(in_socket_mode(slack_api_url=url), timeout=0.2)
    assert failed.keys() == OVER_SLACK
    assert all("TimeoutError" in row.detail for row in failed.values())


async def test_a_page_of_a_proxy_is_not_slack(in_socket_mode):
    async def portal(_):
        return web.Response(text="<html>Sign in</html>", content_type="text/html")

    async with served(portal) as url:
        failed = await failures(in_socket_mode(slack_api_url=url))
    assert {"token", "scopes", "app-token", "channels", "files"} <= failed.keys()
    assert "Slack cannot be reached" in failed["token"].detail


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_bot_token_that_slack_refuses_is_named(ws, in_socket_mode, code):
    for method in ("auth.test", "users.conversations", "files.list"):
        ws.fail(method, Fault(error=code), times=None)
    failed = await failures(in_socket_mode())
    assert failed.keys() == {"token", "scopes", "channels", "files"}
    for row in failed.values():
        assert row.detail == f"Slack refuses SLACK_BOT_TOKEN ({code})."
        assert "xoxb-" in row.fix


@pytest.mark.parametrize("code", ["invalid_auth", "not_allowed_token_type", "missing_scope"])
async def test_an_app_token_that_slack_refuses_is_named_and_asked_for_once(
    ws, in_socket_mode, code
):
    ws.fail("apps.connections.open", Fault(error=code), times=None)
    failed = await failures(in_socket_mode())
    assert failed.keys() == {"app-token"}
    assert code in failed["app-token"].detail
    assert "connections:write" in failed["app-token"].fix
    assert [call.method for call in ws.calls].count("apps.connections.open") == 1


async def test_scopes_that_were_not_granted_are_named(tmp_path):
    granted = [scope for scope in SCOPES.split(",") if scope not in ("files:write", "commands")]
    async with Workspace(scopes=",".join(granted)) as ws:
        failed = await failures(socket_settings(ws, data_dir=tmp_path))
    assert failed.keys() == {"scopes"}
    assert failed["scopes"].detail == "Not granted: commands, files:write."
    assert "install it to the workspace again" in failed["scopes"].fix


async def test_a_slack_that_says_neither_scopes_nor_time_is_not_judged(in_socket_mode):
    async def taciturn(_):
        response = web.json_response({"ok": True})
        response.headers["Date"] = "now"
        return response

    async with served(taciturn) as url:
        rows = by_id(await examine(in_socket_mode(slack_api_url=url)))
    for name in ("scopes", "clock"):
        assert rows[name].ok
        assert rows[name].detail.startswith("Not tried:")


async def test_a_bot_in_no_channel_is_to_be_invited(ws, in_socket_mode):
    for channel in ws.team.channels.values():
        if channel.kind != "im":
            channel.members.discard(BOT_USER)
    failed = await failures(in_socket_mode())
    assert failed.keys() == {"channels"}
    assert "/invite @Despool" in failed["channels"].fix


async def test_names_of_channels_and_files_are_nobodys_business(ws, in_socket_mode):
    ws.post("server-room", files={"secret.log": b"x"})
    said = " ".join(row.detail for row in await examine(in_socket_mode()))
    assert "server-room" not in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("now", "is_ok"),
    [
        pytest.param(0, True, id="none"),
        pytest.param(50, True, id="less than a minute fast"),
        pytest.param(-50, True, id="less than a minute slow"),
        pytest.param(70, False, id="more than a minute fast"),
        pytest.param(-4000, False, id="an hour slow"),
    ],
)
async def test_the_clock_is_compared_with_slacks(in_socket_mode, now, is_ok):
    rows = by_id(await examine(in_socket_mode(), now=lambda: time.time() + now))
    assert rows["clock"].ok is is_ok
    assert is_ok or "300 s" in rows["clock"].fix


async def test_the_time_is_told_by_a_refusal_as_well(in_socket_mode):
    async def refuse(_):
        an_hour_ago = formatdate(time.time() - 3600, usegmt=True)
        body = {"ok": False, "error": "invalid_auth"}
        return web.json_response(body, headers={"Date": an_hour_ago})

    async with served(refuse) as url:
        failed = await failures(in_socket_mode(slack_api_url=url))
    assert "3600 s" in failed["clock"].detail or "3601 s" in failed["clock"].detail


# ---- files


async def test_without_a_file_the_download_is_not_tried(in_socket_mode):
    rows = by_id(await examine(in_socket_mode()))
    assert rows["files"].detail.startswith("Not tried:")


async def test_a_log_that_was_shared_is_fetched_and_not_kept(ws, in_socket_mode, tmp_path):
    ws.post("#sms-alerts", files={"a.log": b"x"})
    rows = by_id(await examine(in_socket_mode()))
    assert rows["files"].detail == "A file that was shared with the bot can be fetched."
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def slack_with(files, download):
    """Make a Slack that holds files of these names and sizes, and hands them out in its own way."""

    async def answer(request):
        if request.path.startswith("/download/"):
            return download(request)
        found = [
            {
                "id": f"F{index}",
                "name": name,
                "size": size,
                "mimetype": "text/plain",
                "mode": "hosted",
                "url_private_download": f"http://{request.host}/download/{name}",
            }
            for index, (name, size) in enumerate(files.items())
        ]
        return web.json_response({"ok": True, "channels": [1], "files": found})

    return served(answer)


async def test_of_the_logs_the_smallest_is_fetched(in_socket_mode):
    fetched = []

    def download(request):
        fetched.append(request.path)
        return web.Response(body=b"abc", content_type="application/octet-stream")

    files = {"a.log": 5000, "b.log": 3, "c.log": 40, "huge.log": 1 << 30}
    async with slack_with(files, download) as url:
        assert await failures(in_socket_mode(slack_api_url=url)) == {}
    assert fetched == ["/download/b.log"]


LOGIN = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(
            lambda: web.Response(text=LOGIN, content_type="text/html"), "sign in", id="login"
        ),
        pytest.param(lambda: web.Response(status=500), "did not arrive", id="500"),
        pytest.param(
            lambda: web.Response(status=302, headers={"Location": "https://elsewhere.example/"}),
            "away from Slack",
            id="a redirect elsewhere",
        ),
    ],
)
async def test_a_file_that_cannot_be_fetched_fails(in_socket_mode, answer, said):
    async with slack_with({"a.log": 3}, lambda _: answer()) as url:
        failed = await failures(in_socket_mode(slack_api_url=url))
    assert failed.keys() == {"files"}
    assert said in failed["files"].detail


# ---- the socket


async def test_a_bot_that_runs_is_asked_when_it_heard_slack(ws, in_socket_mode):
    async with hearing(ws) as live:
        rows = by_id(await examine(in_socket_mode(port=live.port)))
    assert rows["socket"].ok
    assert rows["socket"].detail.startswith("Slack was heard")


async def test_a_bot_with_a_certificate_of_its_own_is_asked_all_the_same(ws, in_socket_mode):
    # one of all addresses of this machine is asked, and its certificate is for no address at all
    everywhere = "0.0.0.0"  # noqa: S104
    tls = {"tls_cert": ROOT / "tests/tls/cert.pem", "tls_key": ROOT / "tests/tls/key.pem"}
    async with running(in_socket_mode(host=everywhere, **tls)) as live:
        await live.connecting
        rows = by_id(await examine(in_socket_mode(port=live.port, host=everywhere, **tls)))
    assert rows["socket"].detail.startswith("Slack was heard")


async def test_a_bot_that_does_not_run_is_no_fault(in_socket_mode, closed_port):
    rows = by_id(await examine(in_socket_mode(port=closed_port)))
    assert rows["socket"].ok
    assert rows["socket"].detail.startswith("Not tried:")


@pytest.mark.parametrize(
    ("health", "ready", "said"),
    [
        pytest.param(
            {"status": "deaf", "heard_seconds_ago": 75.2}, {"missing": []}, "75 s ago", id="deaf"
        ),
        pytest.param(
            {"status": "alive", "heard_seconds_ago": 3.0},
            {"missing": ["The socket to Slack is not open."]},
            "not open",
            id="waiting",
        ),
        pytest.param({"status": "alive"}, {}, "Something else", id="an old bot"),
        pytest.param({"ok": True}, {"ok": True}, "Something else", id="another program"),
        pytest.param([], None, "Something else", id="no object"),
    ],
)
async def test_what_answers_at_the_port_is_judged(in_socket_mode, health, ready, said):
    async def answer(request):
        return web.json_response(health if request.path == "/healthz" else ready)

    async with served(answer) as url:
        port = int(url.rstrip("/").rpartition(":")[2])
        failed = await failures(in_socket_mode(port=port))
    assert failed.keys() == {"socket"}
    assert said in failed["socket"].detail


@pytest.mark.parametrize(
    ("heard", "is_deaf", "is_open", "is_ok"),
    [
        pytest.param(2.0, False, True, True, id="heard"),
        pytest.param(80.0, True, True, False, id="deaf"),
        pytest.param(2.0, False, False, False, id="closed"),
        pytest.param(None, False, False, False, id="not opened yet"),
    ],
)
async def test_the_bot_judges_its_own_socket(in_socket_mode, heard, is_deaf, is_open, is_ok):
    now = Hearing(heard_seconds_ago=heard, is_deaf=is_deaf, is_open=is_open)
    rows = by_id(await examine(in_socket_mode(), hearing=lambda: now))
    assert rows["socket"].ok is is_ok
    assert rows["app-token"].ok


# ---- the request URL


async def test_slacks_question_is_put_to_the_public_address(ws, over_http):
    async with hearing(ws, http=True) as live:
        url = f"http://{live.host}:{live.port}"
        rows = by_id(await examine(over_http(public_url=url)))
        assert rows["request-url"].ok
        assert f"{url}/slack/events" in rows["request-url"].detail


async def test_without_a_public_address_the_bot_here_is_asked(ws, over_http):
    async with hearing(ws, http=True) as live:
        rows = by_id(await examine(over_http(port=live.port)))
    assert rows["request-url"].ok
    assert "DESPOOL_PUBLIC_URL" in rows["request-url"].detail


async def test_without_a_public_address_a_bot_that_does_not_run_is_no_fault(over_http, closed_port):
    rows = by_id(await examine(over_http(port=closed_port)))
    assert rows["request-url"].ok
    assert rows["request-url"].detail.startswith("Not tried:")


async def test_a_public_address_where_nothing_answers_fails(over_http, closed_port):
    failed = await failures(over_http(public_url=f"http://127.0.0.1:{closed_port}"))
    assert failed.keys() == {"request-url"}


async def test_another_signing_secret_at_the_public_address_is_told(ws, over_http):
    async with hearing(ws, http=True) as live:
        url = f"http://{live.host}:{live.port}"
        failed = await failures(over_http(public_url=url, slack_signing_secret="another"))
    assert "401" in failed["request-url"].detail
    assert "SLACK_SIGNING_SECRET" in failed["request-url"].fix


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda: web.Response(status=404), id="404"),
        pytest.param(lambda: web.Response(text="<html>"), id="some page"),
        pytest.param(lambda: web.json_response({"challenge": "no"}), id="another challenge"),
        pytest.param(lambda: web.json_response([1]), id="a list"),
        pytest.param(lambda: web.Response(status=302, headers={"Location": "/"}), id="a redirect"),
    ],
)
async def test_a_public_address_that_answers_wrongly_fails(over_http, answer):
    async def other(_):
        return answer()

    async with served(other) as url:
        failed = await failures(over_http(public_url=url))
    assert failed.keys() == {"request-url"}
    assert "/slack/events" in failed["request-url"].fix


async def test_the_question_holds_no_token_and_is_signed(ws, over_http):
    seen = []

    async def note(request):
        seen.append((request.path, dict(request.headers), await request.text()))
        return web.Response(status=404)

    async with served(note) as url:
        await examine(over_http(public_url=f"{url}despool"))
    [(path, headers, body)] = seen
    assert path == "/despool/slack/events"
    assert json.loads(body)["type"] == "url_verification"
    assert headers["X-Slack-Signature"].startswith("v0=")
    assert ws.bot_token not in str(seen)


# ---- what is here


async def test_the_data_folder_is_written_to_and_left_as_it_was(in_socket_mode, tmp_path):
    rows = by_id(await examine(in_socket_mode(data_dir=tmp_path / "new" / "folder")))
    assert sqlite3.sqlite_version in rows["database"].detail
    assert list((tmp_path / "new" / "folder").iterdir()) == []


@pytest.mark.parametrize("variable", ["data_dir", "database"])
async def test_a_folder_that_cannot_be_written_to_fails(in_socket_mode, tmp_path, variable):
    blocked = tmp_path / "file"
    blocked.write_text("")
    if variable == "data_dir":
        changes = {"data_dir": blocked / "folder"}
    else:
        changes = {"database": f"sqlite:///{blocked}/folder/despool.db"}
    failed = await failures(in_socket_mode(**changes))
    assert failed.keys() == {"database"}
    assert str(blocked) in failed["database"].detail


async def test_a_database_elsewhere_has_its_folder_tried(in_socket_mode, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    rows = by_id(
        await examine(in_socket_mode(database=f"sqlite+aiosqlite:///{elsewhere}/a.db?x=1"))
    )
    assert rows["database"].ok
    assert list(elsewhere.iterdir()) == []


async def test_a_postgresql_that_answers_is_well(in_socket_mode, postgres):
    rows = by_id(await examine(in_socket_mode(database=postgres.database())))
    assert rows["database"].detail.startswith("PostgreSQL 1")
    assert rows["database"].ok


async def test_a_postgresql_that_does_not_is_named_without_its_password(in_socket_mode):
    url = "postgresql://despool:hunter2@127.0.0.1:9/despool"
    rows = by_id(await examine(in_socket_mode(database=url)))
    assert not rows["database"].ok
    assert "DESPOOL_DATABASE_URL" in rows["database"].fix
    assert "hunter2" not in str(rows)


async def test_before_the_first_start_there_is_no_work_to_look_at(in_socket_mode):
    rows = by_id(await examine(in_socket_mode()))
    assert rows["work"].detail.startswith("Not tried")


async def failing(tmp_path):
    """Leave a database with work that failed for good."""
    async with opened(f"sqlite:///{tmp_path / 'data' / 'despool.db'}") as store:
        job = Job(kind="message", payload={}, key="C1:1.0")
        await store.aside.note(job, 3, "KeyError", "abc123")


async def test_work_that_was_set_aside_is_told_with_its_reference(in_socket_mode, tmp_path):
    await failing(tmp_path)
    row = (await failures(in_socket_mode()))["work"]
    assert "1 set aside: message C1:1.0 (KeyError, 3 tries" in row.detail
    assert "reference abc123" in row.detail


async def test_a_command_beside_a_running_bot_hears_of_its_work(ws, in_socket_mode, tmp_path):
    await failing(tmp_path)
    async with running(in_socket_mode()) as live:
        await live.connecting
        status, stdout, _ = await told(
            "--json",
            cwd=tmp_path,
            SLACK_BOT_TOKEN=ws.bot_token,
            SLACK_APP_TOKEN=ws.app_token,
            DESPOOL_SLACK_API_URL=ws.api_url,
            DESPOOL_DATA_DIR=str(tmp_path / "data"),
        )
        socket = tmp_path / "data" / "control.sock"
        assert socket.stat().st_mode & 0o777 == 0o600
    assert status == 1
    (row,) = [row for row in json.loads(stdout) if row["id"] == "work"]
    assert "1 set aside" in row["detail"]
    assert not socket.exists()


class Three(NoAgents):
    """A port with agents behind it."""

    def statuses(self):
        names = {"NTSITE1": (), "NTSITE2": ("smb",), "NTSITE3": ()}
        since = datetime(2024, 1, 1)
        return tuple(
            AgentStatus(name=name, host=name, version="1", connected_since=since, blind=blind)
            for name, blind in names.items()
        )


async def test_agents_are_counted_and_what_they_cannot_see_is_told(in_socket_mode):
    rows = by_id(await examine(in_socket_mode(), agents=Three()))
    assert rows["agents"].detail == "3 connected; cannot look everywhere: NTSITE2 (smb)."
    assert by_id(await examine(in_socket_mode()))["agents"].detail == "No agent yet."


@pytest.mark.parametrize(
    ("number", "is_ok"),
    [("3.46.9", False), ("2.99", False), ("3.47.0", True), ("3.48rc1", True), ("4.0", True)],
)
def test_a_slack_sdk_that_falls_silent_is_refused(number, is_ok):
    row = versions_of({"despool": "1", "slack_sdk": number})
    assert row.ok is is_ok
    assert number in row.detail


async def test_the_versions_are_those_that_run(in_socket_mode):
    detail = by_id(await examine(in_socket_mode()))["versions"].detail
    for name in ("despool", "python", "slack_bolt", "slack_sdk", "aiohttp"):
        assert f"{name} " in detail
    assert f"aiohttp {aiohttp.__version__}" in detail


# ---- what is never shown, and how the rest is


async def test_a_token_that_a_server_sends_back_is_not_shown(in_socket_mode):
    async def echo(request):
        token = request.headers["Authorization"].removeprefix("Bearer ")
        return web.json_response({"ok": False, "error": f"{token}\x1b[31m\n"})

    settings = in_socket_mode()
    async with served(echo) as url:
        failed = await failures(in_socket_mode(slack_api_url=url))
    assert "[secret]" in failed["token"].detail
    for row in failed.values():
        assert settings.slack_bot_token.get_secret_value() not in row.detail + row.fix
        assert settings.slack_app_token.get_secret_value() not in row.detail + row.fix
        assert "\x1b" not in row.detail


ROWS = [
    Row(id="token", ok=True, detail="The bot is @despool."),
    Row(id="app-token", ok=False, detail="Slack [red]refuses[/red] it.", fix="Make another."),
]


def test_a_pipe_gets_plain_lines():
    assert plain(ROWS) == (
        "✓ ok      token      The bot is @despool.\n"
        "✗ FAILED  app-token  Slack [red]refuses[/red] it.\n"
        "                     To mend it: Make another.\n"
    )


def test_a_terminal_gets_a_table_in_which_colour_says_nothing_alone():
    console = Console(width=60, force_terminal=True, color_system="truecolor")
    with console.capture() as capture:
        console.print(table(ROWS))
    shown = capture.get()
    assert "\x1b[" in shown
    for part in ("✓ ok", "✗ FAILED", "Slack [red]refuses[/red] it.", "To mend it: Make another."):
        assert part in shown


async def test_the_session_of_the_bot_stays_open(ws, in_socket_mode):
    async with slack.session() as session:
        client = slack.connect(token=ws.bot_token, base_url=ws.api_url, session=session)
        await examine(in_socket_mode(), client=client)
        assert not session.closed
