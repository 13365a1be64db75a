"""Files: what is worth fetching, who may see the token, and all of a file or nothing."""

import asyncio
import gzip
import os
import pickle
import socket
import struct
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot import slack
from bot.errors import DespoolError
from bot.files import (
    FileElsewhere,
    FileGone,
    FileRefused,
    Files,
    FileTooLarge,
    FileUnreachable,
    LoginPage,
    NotALog,
    described,
)
from bot.files.places import Places
from bot.files.shelf import Shelf
from bot.slack import SlackLimited

TOKEN = "xoxb-stand-in"
LOG = b"Copying of E:\\SMS_PKGE\\DOG0005D\\filename.EXE, Failed, Win32 Error = 32\r\n"
WHOLE = len(LOG)
SIGN_IN = b"<!DOCTYPE html>\n<html><title>Sign in | Slack</title></html>"
IDS = [
    "../../etc/passwd",
    "F0/../../X",
    "F0\\X",
    "f0abc",
    "F0ABC\n",
    "",
    "F" * 65,
    None,
    7,
    ["F0ABC"],
]


class Server:
    """A web server on this machine: answers by path, and writes down who asked with which token."""

    def __init__(self) -> None:
        self.answers = {}
        self.seen = []
        self.tokens = []
        self.url = ""

    async def __aenter__(self):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        # a client that went away ends its handler, as a worker of a big web server would
        self.runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_):
        await self.runner.cleanup()

    async def handle(self, request):
        self.seen.append(request.path)
        self.tokens.append(request.headers.get("Authorization"))
        answer = self.answers.get(request.path)
        if answer is None:
            return web.Response(status=404, text="nothing here")
        return await answer(request) if callable(answer) else answer


class Slack(Server):
    """A Slack of nothing but files.info and downloads."""

    def __init__(self) -> None:
        super().__init__()
        self.described = {}
        self.answers["/api/files.info"] = self.info

    async def info(self, request):
        obj = self.described.get(request.query["file"])
        if isinstance(obj, str):
            return web.json_response({"ok": False, "error": obj})
        return web.json_response({"ok": True, "file": obj})

    def file(self, answer=None, *, id_="F0ABC", name="despool.log", size=WHOLE, **more):
        """Return a `file` object, and let its address answer so."""
        path = f"/files-pri/T0-{id_}/download/despool.log"
        self.answers[path] = answer or sending(LOG)
        obj = {
            "id": id_,
            "name": name,
            "title": name,
            "mimetype": "text/plain",
            "mode": "hosted",
            "size": size,
            "url_private": self.url + path.replace("/download", ""),
            "url_private_download": self.url + path,
            "file_access": "visible",
        }
        return {field: value for field, value in (obj | more).items() if value is not None}

    def downloads(self):
        return [path for path in self.seen if "/api/" not in path]


def sending(data, **headers):
    async def answer(request):
        named = {"Content-Type": "text/plain"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return web.Response(body=data, headers={k: v for k, v in named.items() if v is not None})

    return answer


def moving(location, status=302):
    async def answer(request):
        return web.Response(status=status, headers={"Location": location})

    return answer


def saying(status, **headers):
    async def answer(request):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text="no", headers=named)

    return answer


def cutting(data, *, promised=None, chunked=False):
    """Send the beginning of a file, then drop the connection."""

    async def answer(request):
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        if chunked:
            response.enable_chunked_encoding()
        else:
            response.content_length = promised
        await response.prepare(request)
        await response.write(data)
        request.transport.close()
        return response

    return answer


def resetting(data):
    """Send the beginning of a file, then make the system say that the peer is gone."""

    async def answer(request):
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        response.content_length = WHOLE
        await response.prepare(request)
        await response.write(data)
        linger = struct.pack("ii", 1, 0)  # closing then sends RST
        request.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, linger
        )
        request.transport.abort()
        return response

    return answer


def uncounted(data, **headers):
    """Send bytes whose end is the end of the connection, as HTTP/1.0 did."""

    async def answer(request):
        lines = ["HTTP/1.1 200 OK", "Content-Type: text/plain", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        request.transport.write("\r\n".join([*lines, "", ""]).encode() + data)
        request.transport.close()
        return web.Response()

    return answer


class Held:
    """A download that begins, and goes on when it is told to."""

    def __init__(self, data) -> None:
        self.data = data
        self.begun = asyncio.Event()
        self.go = asyncio.Event()
        self.left = asyncio.Event()

    async def __call__(self, request):
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        response.content_length = len(self.data)
        await response.prepare(request)
        await response.write(self.data[:10])
        self.begun.set()
        try:
            await self.go.wait()
            await response.write(self.data[10:])
        finally:
            self.left.set()
        return response


@pytest.fixture
async def server():
    async with Slack() as slack_:
        yield slack_


@pytest.fixture
async def evil():
    async with Server() as server:
        yield server


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "uploads"


@pytest.fixture
async def made(server, folder):
    """Make a Files on the stand-in, with whatever differs."""
    opened = []
    async with slack.session() as session:

        def make(**more):
            api_url = f"{server.url}/api/"
            client = slack.connect(token=TOKEN, base_url=api_url, session=session)
            given = {"token": TOKEN, "api_url": api_url, "folder": folder} | more
            opened.append(Files(client, session, **given))
            return opened[-1]

        yield make
        for files in opened:
            await files.close()


@pytest.fixture
def files(made):
    return made()


def on_disk(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


async def begun_on_disk(folder: Path, count: int) -> None:
    while len(on_disk(folder)) < count:  # noqa: ASYNC110 - a folder sends no event
        await asyncio.sleep(0)


def content(source) -> bytes:
    with source.open() as stream:
        return stream.read()


# ---- which files are worth fetching

LOGS = [
    "despool.log",
    "Despool.LO_",
    "DESPOOL.LOG",
    "Despool.log.1",
    "despool.log.12",
    "despool.old",
    "despool.log.old",
    "despool.bak",
    "despool-20240131-101500.log",
    "despool.log-20240131",
    "despool.log.2024-01-31",
    "despool.log (2)",
    "despool.log.gz",
    "despool.log.1.gz",
    "events.evtx.zip",
    "Application.evt",
    "Application.evtx",
    "alerts.csv",
    "event.xml",
    "event.json",
    "notes.txt",
    "site 1\\despool.log",
    "x" * 5000 + ".log",
]
NO_LOGS = {
    "lock.png": "image/png",
    "despool.log.png": "image/png",
    "talk.mp4": "video/mp4",
    "manual.pdf": "application/pdf",
    "plan.docx": "application/zip",
    "sums.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "setup.exe": "application/octet-stream",
    "letter.rtf": "text/rtf",
    "despool": "application/octet-stream",
    "catalog": "application/octet-stream",
}


@pytest.mark.parametrize("name", LOGS, ids=lambda name: name[:40])
def test_a_file_with_the_name_of_a_log_is_worth_fetching(name):
    assert Files.readable({"id": "F0ABC", "name": name, "mimetype": "application/octet-stream"})


@pytest.mark.parametrize(("name", "mimetype"), NO_LOGS.items(), ids=NO_LOGS)
def test_a_file_of_another_kind_is_not_worth_fetching(name, mimetype):
    assert not Files.readable({"id": "F0ABC", "name": name, "mimetype": mimetype, "mode": "hosted"})


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param({"mode": "snippet", "name": "Untitled", "mimetype": "x/y"}, id="a snippet"),
        pytest.param({"mode": "snippet", "name": None}, id="a snippet without a name"),
        pytest.param({"name": "despool", "mimetype": "text/plain"}, id="text without an extension"),
        pytest.param({"name": None, "mimetype": "text/x-log; charset=u"}, id="text without a name"),
        pytest.param({"name": None, "title": "despool.log", "mode": "hosted"}, id="a title alone"),
        pytest.param(
            {"name": "despool", "mimetype": "application/gzip"}, id="packed, no extension"
        ),
        pytest.param({"mode": "file_access", "file_access": "check_file_info"}, id="Slack Connect"),
        pytest.param({}, id="only its id is known"),
    ],
)
def test_a_file_that_may_hold_a_log_is_worth_fetching(obj):
    assert Files.readable({"id": "F0ABC"} | obj)


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param({"mode": "tombstone"}, id="deleted"),
        pytest.param({"mode": "hidden_by_limit", "name": "despool.log"}, id="hidden by the plan"),
        pytest.param({"mode": "external", "name": "despool.log"}, id="kept in another service"),
        pytest.param({"is_external": True, "name": "despool.log"}, id="kept in a drive"),
        pytest.param({"mode": "canvas", "mimetype": "text/html"}, id="a canvas"),
        pytest.param({"mode": "email", "mimetype": "text/html"}, id="a mail"),
        pytest.param({"name": "a.log", "file_access": "access_denied"}, id="not shared with us"),
        pytest.param({"name": "a.log", "id": None}, id="without an id"),
        pytest.param({"name": 7, "mimetype": ["text/plain"], "mode": {}, "id": 3}, id="no types"),
        pytest.param({"name": "a.bin", "mimetype": {"a": 1}, "mode": 4}, id="wrong types"),
    ],
)
def test_a_file_that_cannot_be_had_is_not_worth_fetching(obj):
    assert not Files.readable({"id": "F0ABC", "mimetype": "text/plain"} | obj)


@pytest.mark.parametrize("obj", [None, [], "F0ABC", 7, {}], ids=repr)
def test_what_is_no_file_at_all_is_not_worth_fetching(obj):
    assert not Files.readable(obj)
    assert described(obj) is None


@pytest.mark.parametrize("id_", IDS, ids=repr)
def test_an_id_that_slack_would_not_give_describes_no_file(id_):
    assert described({"id": id_, "name": "despool.log"}) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
FIELDS = ("name", "title", "size", "mode", "mimetype", "is_external", "file_access")


@given(
    st.dictionaries(st.sampled_from((*FIELDS, "id", "url_private", "filetype")), VALUES)
    | st.fixed_dictionaries({"id": st.just("F0ABC")}, optional=dict.fromkeys(FIELDS, VALUES))
)
def test_no_description_is_too_strange(obj):
    assert Files.readable(obj) in (True, False)
    file = described(obj)
    assert file is None or (file.size >= 0 and file.name.isprintable() and file.name)


@pytest.mark.parametrize("size", [None, "12", -1, True, 1.5, [3]], ids=repr)
def test_a_size_that_is_none_counts_as_unknown(size):
    assert described({"id": "F0ABC", "size": size}).size == 0


def test_a_name_is_a_label_on_one_line_that_reads_from_left_to_right():
    name = "a\nb\x00c\u202egol.exe"
    assert described({"id": "F0ABC", "name": name}).name == "a b\ufffdc\ufffdgol.exe"
    assert described({"id": "F0ABC", "name": "\ud800.log"}).name == "\ufffd.log"
    assert described({"id": "F0ABC", "name": " "}).name == "Untitled"
    assert described({"id": "F0ABC", "name": "x" * 9999 + ".log"}).name.endswith("xx.log")


# ---- who may see the token

TRUSTED = [
    "https://files.slack.com/files-pri/T0-F0/download/a.log",
    "https://FILES.Slack.COM/a",
    "https://slack.com/a",
    "https://ntsite.slack.com/files/a?b=c#d",
    "https://ntsite.enterprise.slack.com:443/a",
    "http://127.0.0.1:8080/files/a",
    "HTTP://127.0.0.1:8080",
]
UNTRUSTED = [
    "",
    "a.log",
    "//files.slack.com/a",
    "https:files.slack.com/a",
    "https:///files.slack.com/a",
    " https://files.slack.com/a",
    "https://files.slack.com /a",
    "http://files.slack.com/a",
    "ftp://files.slack.com/a",
    "https://files.slack.com:8443/a",
    "https://files.slack.com:80/a",
    "https://files.slack.com:0/a",
    "https://files.slack.com:99999/a",
    "https://files.slack.com:\u0664\u0664\u0663/a",
    "https://files.slack.com./a",
    "https://files.slack.com.evil.example/a",
    "https://files.slack.com@evil.example/a",
    "https://evil.example@files.slack.com/a",
    "https://u:p@files.slack.com/a",
    "https://files.slack.com\\@evil.example/a",
    "https://evil.example\\@files.slack.com/a",
    "https://evil.example\\.slack.com/a",
    "https://evil.example#.slack.com/a",
    "https://evil.example?.slack.com/a",
    "https://evil.example/.slack.com/a",
    "https://evil.example%2f.slack.com/a",
    "https://evil.example%23.slack.com/a",
    "https://evil.example\t.slack.com/a",
    "https://evil.example\n.slack.com/a",
    "https://evil.example\x00.slack.com/a",
    "https://evilslack.com/a",
    "https://slack.com.evil.example",
    "https://slack-files.com/a",
    "https://slack-edge.com/a",
    "https://evil-slack.com/a",
    "https://.slack.com/a",
    "https://files..slack.com/a",
    "https://files.\u017flack.com/a",
    "https://files\u3002slack.com/a",
    "https://files.slac\u212a.com/a",
    "https://xn--slck-5na.com/a",
    "https://[::1].slack.com/a",
    "https://127.0.0.1:8080/a",
    "http://127.0.0.1/a",
    "http://127.0.0.1:8081/a",
    "http://127.0.0.1:80800/a",
    "http://127.0.0.2:8080/a",
    "http://localhost:8080/a",
    "http://127.1:8080/a",
    "http://127.0.0.1:8080@evil.example/a",
    "http://127.0.0.1:8080.evil.example/a",
    "http://u@127.0.0.1:8080/a",
]


@pytest.mark.parametrize("address", TRUSTED)
def test_the_token_goes_to_slack_and_to_the_configured_api(address):
    url = Places("http://127.0.0.1:8080/api/").trusted(address)
    assert url is not None
    assert url.host == (urlsplit(address).hostname or "")


@pytest.mark.parametrize("address", UNTRUSTED, ids=ascii)
def test_the_token_goes_nowhere_else(address):
    assert Places("http://127.0.0.1:8080/api/").trusted(address) is None


WORDS = (
    r"https:// http:// // : @ . / \ \@ ? # %2e %40 [ ] ::1 .slack.com evil.example :8080 :443 u:p@"
)
PIECES = st.sampled_from([*WORDS.split(), "\u3002", "\u017f", "\uff0f", "\t", "\n", " ", "\x00"])
PART = st.lists(PIECES, max_size=2).map("".join)
HOST = st.sampled_from(["files.slack.com", "slack.com", "127.0.0.1:8080", "evil.example"])


@given(st.sampled_from(["https://", "http://"]), PART, HOST, PART)
def test_whatever_is_trusted_is_read_alike_by_two_parsers(scheme, before, host, after):
    address = f"{scheme}{before}{host}{after}"
    url = Places("http://127.0.0.1:8080/api/").trusted(address)
    if url is not None:
        other = urlsplit(address)
        assert (url.scheme, url.host) == (other.scheme, other.hostname)
        assert url.user is url.password is other.username is None
        slacks = url.host == "slack.com" or url.host.endswith(".slack.com")
        assert (url.scheme, url.port, slacks) == ("https", 443, True) or (
            (url.scheme, url.host, url.port) == ("http", "127.0.0.1", 8080)
        )


def test_only_slack_is_trusted_where_its_own_api_is_configured():
    places = Places("https://slack.com/api/")
    assert places.trusted("https://files.slack.com/a") is not None
    assert places.trusted("http://127.0.0.1:8080/a") is None
    assert places.trusted("http://slack.com/a") is None


def test_an_api_behind_ipv6_or_a_name_in_capitals_is_recognised():
    assert Places("http://[::1]:8080/api/").trusted("http://[::1]:8080/a") is not None
    assert Places("https://Slack.Example/api/").trusted("https://slack.example:443/a") is not None


async def test_a_file_on_another_host_is_refused_before_anything_is_sent(server, evil, files):
    evil.answers["/despool.log"] = sending(LOG)
    obj = server.file(url_private_download=f"{evil.url}/despool.log")
    with pytest.raises(FileElsewhere, match=r"127\.0\.0\.1.*token was not sent"):
        await files.fetch(obj)
    assert evil.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_elsewhere_is_not_followed(server, evil, files, folder, status):
    evil.answers["/despool.log"] = sending(LOG)
    obj = server.file(moving(f"{evil.url}/despool.log", status))
    with pytest.raises(FileElsewhere):
        await files.fetch(obj)
    assert evil.seen == []
    assert on_disk(folder) == []


@pytest.mark.parametrize(
    "location",
    [
        "//evil.example/a",
        "/\\evil.example/a",
        "\\\\evil.example\\a",
        "https://files.slack.com@evil.example/",
        "http://files.slack.com/",
        "http://[::1",
        "file:///etc/passwd",
        "data:,x",
        "http://u:p@127.0.0.1/",
        "",
    ],
)
async def test_a_redirect_that_is_no_plain_address_is_not_followed(server, files, location):
    with pytest.raises(FileElsewhere):
        await files.fetch(server.file(moving(location)))
    assert len(server.seen) == 1


async def test_a_redirect_at_the_same_place_is_followed_with_the_token(server, files):
    server.answers["/b"] = moving("c?x=1#y")
    server.answers["/c"] = moving(f"{server.url}/d", 307)
    server.answers["/d"] = sending(LOG)
    source = await files.fetch(server.file(moving("/b")))
    assert content(source) == LOG
    assert server.seen[1:] == ["/b", "/c", "/d"]
    assert server.tokens == [f"Bearer {TOKEN}"] * 4


async def test_a_fourth_redirect_is_not_followed(server, files):
    server.answers["/b"] = moving("/c")
    server.answers["/c"] = moving("/d")
    server.answers["/d"] = moving("/e")
    server.answers["/e"] = sending(LOG)
    with pytest.raises(FileElsewhere, match="more than 3"):
        await files.fetch(server.file(moving("/b")))
    assert server.seen[1:] == ["/b", "/c", "/d"]


async def test_a_loop_of_redirects_ends(server, files):
    server.answers["/b"] = moving("/b")
    with pytest.raises(FileElsewhere):
        await files.fetch(server.file(moving("/b")))
    assert len(server.seen) == 4


async def test_the_token_does_not_pass_a_proxy_on_the_way_to_this_machine(
    server, evil, made, monkeypatch
):
    monkeypatch.setenv("HTTP_PROXY", evil.url)
    monkeypatch.setenv("HTTPS_PROXY", evil.url)
    assert content(await made().fetch(server.file())) == LOG
    assert evil.seen == []


# ---- what comes


async def test_a_file_is_fetched_with_the_bots_token_and_keeps_its_name(server, files, folder):
    source = await files.fetch(server.file(name="Despool \u201clocked\u201d.log"))
    assert source.name == "Despool \u201clocked\u201d.log"
    assert content(source) == LOG
    assert server.tokens == [f"Bearer {TOKEN}"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert source.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "name", ["../../../outside.log", "/outside.log", "..\\..\\outside.log", "a\x00b.log", "C:x.log"]
)
async def test_a_hostile_name_never_becomes_a_path(server, files, folder, name):
    source = await files.fetch(server.file(name=name))
    assert on_disk(folder) == [source.path]
    assert "outside" not in source.path.name
    assert on_disk(folder.parent) == [folder]


async def test_a_file_of_no_bytes_is_fetched(server, files):
    assert content(await files.fetch(server.file(sending(b""), size=0))) == b""


async def test_a_large_file_in_pieces_is_fetched_whole(server, files):
    data = os.urandom(3 * 1024 * 1024 + 17)

    async def answer(request):
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for at in range(0, len(data), 70_001):
            await response.write(data[at : at + 70_001])
        return response

    assert content(await files.fetch(server.file(answer, size=len(data)))) == data


async def test_a_file_packed_on_the_way_is_unpacked(server, files):
    packed = sending(gzip.compress(LOG), Content_Encoding="gzip")
    assert content(await files.fetch(server.file(packed))) == LOG


async def test_a_file_that_is_itself_packed_is_left_as_it_is(server, files):
    data = gzip.compress(LOG)
    answer = sending(data, Content_Type="application/gzip")
    obj = server.file(answer, name="despool.log.gz", size=len(data), mimetype="application/gzip")
    assert content(await files.fetch(obj)) == data


async def test_a_file_whose_end_is_the_end_of_the_connection_is_fetched(server, files):
    assert content(await files.fetch(server.file(uncounted(LOG)))) == LOG


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(cutting(LOG[:20], promised=len(LOG)), id="less than the length promised"),
        pytest.param(cutting(LOG[:20], chunked=True), id="no last chunk"),
        pytest.param(resetting(LOG[:20]), id="a connection reset"),
        pytest.param(cutting(b"", promised=len(LOG)), id="nothing at all"),
        pytest.param(uncounted(LOG[:20]), id="no length, and less than Slack's description"),
        pytest.param(
            sending(gzip.compress(LOG)[:30], Content_Encoding="gzip"), id="packed and cut"
        ),
        pytest.param(sending(b"\x1f\x8bno gzip", Content_Encoding="gzip"), id="packed and broken"),
    ],
)
async def test_a_cut_download_leaves_nothing_and_may_be_tried_again(server, files, folder, answer):
    with pytest.raises(FileUnreachable, match=r"despool\.log"):
        await files.fetch(server.file(answer))
    assert on_disk(folder) == []
    assert content(await files.fetch(server.file())) == LOG


async def test_a_cut_after_many_bytes_leaves_nothing(server, files, folder):
    with pytest.raises(FileUnreachable):
        await files.fetch(
            server.file(cutting(bytes(3_000_000), promised=4_000_000), size=4_000_000)
        )
    assert on_disk(folder) == []


async def test_a_server_that_falls_silent_is_given_up(server, made, folder):
    held = Held(LOG)
    short = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=0.05)
    with pytest.raises(FileUnreachable):
        await made(timeout=short).fetch(server.file(held))
    assert held.begun.is_set()
    assert on_disk(folder) == []


async def test_the_time_limit_of_calls_is_none_for_downloads(server, folder):
    api_url = f"{server.url}/api/"
    hurried = aiohttp.ClientTimeout(total=1e-9)
    async with aiohttp.ClientSession(timeout=hurried) as session:
        client = slack.connect(token=TOKEN, base_url=api_url, session=session)
        files = Files(client, session, token=TOKEN, api_url=api_url, folder=folder)
        assert content(await files.fetch(server.file())) == LOG
        with pytest.raises(FileUnreachable):
            await files.fetch({"id": "F0ABC"})
    await files.close()


async def test_a_server_that_is_not_there_may_be_there_later(server, made):
    async with Server() as gone:
        url = gone.url
    with pytest.raises(FileUnreachable):
        await made(api_url=url).fetch(server.file(url_private_download=f"{url}/a.log"))


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (204, FileUnreachable),
        (206, FileUnreachable),
        (304, FileUnreachable),
        (400, FileRefused),
        (401, LoginPage),
        (403, LoginPage),
        (404, FileGone),
        (408, FileUnreachable),
        (410, FileGone),
        (500, FileUnreachable),
        (503, FileUnreachable),
    ],
)
async def test_each_status_has_its_meaning(server, files, folder, status, meaning):
    with pytest.raises(FileRefused, match=r"despool\.log") as raised:
        await files.fetch(server.file(saying(status)))
    assert type(raised.value) is meaning
    assert on_disk(folder) == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "7"}, 7),
        ({}, 30),
        ({"Retry_After": "soon"}, 30),
        ({"Retry_After": "inf"}, 30),
    ],
)
async def test_a_pause_that_slack_asks_for_is_passed_on(server, files, headers, seconds):
    with pytest.raises(SlackLimited) as raised:
        await files.fetch(server.file(saying(429, **headers)))
    assert raised.value.retry_after == seconds


def test_every_refusal_is_one_of_despools_errors():
    assert issubclass(FileRefused, DespoolError)


# ---- a sign-in page in place of the file


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(sending(SIGN_IN, Content_Type="text/html; charset=utf-8"), id="said to be"),
        pytest.param(sending(b"x", Content_Type="TEXT/HTML"), id="said so in capitals"),
        pytest.param(sending(bytes(WHOLE), Content_Type="text/html"), id="as long as the file"),
        pytest.param(sending(SIGN_IN, Content_Type="application/octet-stream"), id="bytes"),
        pytest.param(sending(b"\xef\xbb\xbf\n <HTML>", Content_Type="application/x"), id="marked"),
        pytest.param(uncounted(b"\n<!doctype HTML>" + bytes(200)), id="no length"),
    ],
)
async def test_a_sign_in_page_is_named_with_its_fix(server, files, folder, answer):
    with pytest.raises(LoginPage, match=r"files:read.*reinstall"):
        await files.fetch(server.file(answer, mimetype="text/x-log"))
    assert on_disk(folder) == []


async def test_a_redirect_to_the_sign_in_page_is_named(server, files):
    server.answers["/signin"] = sending(SIGN_IN, Content_Type="text/html")
    with pytest.raises(LoginPage):
        await files.fetch(server.file(moving("/signin?redir=%2Ffiles-pri")))


async def test_a_sign_in_page_in_place_of_a_page_is_told_by_its_length(server, files):
    page = sending(SIGN_IN, Content_Type="text/html")
    obj = server.file(page, name="event.html", mimetype="text/html", size=4_000)
    with pytest.raises(LoginPage):
        await files.fetch(obj)


@pytest.mark.parametrize(
    ("typed", "mimetype", "name"),
    [
        ("text/html", "text/html", "event.html"),
        ("text/html", "text/plain", "event.htm"),
        ("text/plain", "text/plain", "despool.log"),
        ("application/octet-stream", "text/plain", "despool.log"),
    ],
)
async def test_a_file_that_holds_a_web_page_is_no_sign_in_page(
    server, files, typed, mimetype, name
):
    answer = sending(SIGN_IN, Content_Type=typed)
    obj = server.file(answer, name=name, mimetype=mimetype, size=len(SIGN_IN))
    assert content(await files.fetch(obj)) == SIGN_IN


async def test_an_edited_snippet_that_begins_like_a_page_is_the_snippet(server, files):
    obj = server.file(sending(SIGN_IN), mode="snippet", size=5)
    assert content(await files.fetch(obj)) == SIGN_IN


# ---- sizes


async def test_a_file_described_as_too_large_is_not_asked_for(server, made):
    with pytest.raises(FileTooLarge, match=r"despool\.log is larger than 0\.25 MiB.*\.zip"):
        await made(largest=256 * 1024).fetch(server.file(size=256 * 1024 + 1))
    assert server.seen == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(sending(bytes(1001)), id="by its length"),
        pytest.param(uncounted(bytes(1001)), id="while it comes"),
        pytest.param(
            sending(gzip.compress(bytes(9_000_000)), Content_Encoding="gzip"), id="packed"
        ),
        pytest.param(cutting(bytes(1001), chunked=True), id="in chunks"),
    ],
)
async def test_a_file_larger_than_described_is_refused(server, made, folder, answer):
    files = made(largest=1000)
    with pytest.raises(FileTooLarge):
        await files.fetch(server.file(answer, size=10))
    assert on_disk(folder) == []


async def test_a_length_beyond_the_limit_is_refused_before_the_bytes_come(server, made):
    held = Held(bytes(1001))
    with pytest.raises(FileTooLarge):
        await made(largest=1000).fetch(server.file(held, size=10))
    assert not held.go.is_set()


async def test_a_file_of_the_largest_size_is_fetched(server, made):
    files = made(largest=1000)
    assert len(content(await files.fetch(server.file(sending(bytes(1000)), size=1000)))) == 1000


# ---- asking Slack first

BARE = {"mode": "file_access", "file_access": "check_file_info", "id": "F0ABC", "size": 0}


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(BARE, id="Slack Connect"),
        pytest.param({"id": "F0ABC"}, id="an id alone"),
        pytest.param({"id": "F0ABC", "name": "despool.log", "size": "9"}, id="no address"),
    ],
)
async def test_slack_is_asked_about_a_file_that_is_not_described(server, files, obj):
    server.described["F0ABC"] = server.file()
    source = await files.fetch(obj)
    assert (source.name, content(source)) == ("despool.log", LOG)
    assert server.seen[0] == "/api/files.info"


async def test_slack_is_asked_although_the_event_brings_an_address(server, files, evil):
    server.described["F0ABC"] = server.file()
    event = BARE | {"url_private_download": f"{evil.url}/a.log"}
    assert content(await files.fetch(event)) == LOG
    assert evil.seen == []


async def test_the_plain_address_serves_where_there_is_none_to_download(server, files):
    server.described["F0ABC"] = server.file(
        url_private=f"{server.url}/plain", url_private_download=None
    )
    server.answers["/plain"] = sending(LOG)
    assert content(await files.fetch({"id": "F0ABC"})) == LOG


async def test_slack_is_not_asked_about_a_file_that_is_described(server, files):
    await files.fetch(server.file())
    assert "/api/files.info" not in server.seen


@pytest.mark.parametrize(
    ("told", "meaning"),
    [
        ("file_not_found", FileGone),
        ("file_deleted", FileGone),
        ("access_denied", FileGone),
        ("missing_scope", LoginPage),
        ("account_inactive", FileRefused),
        ("internal_error", FileUnreachable),
        (None, FileUnreachable),
        ([], FileUnreachable),
        ({}, FileUnreachable),
        ({"id": "F0OTHER", "name": "a.log"}, FileUnreachable),
        ({"id": "F0ABC", "mode": "tombstone"}, FileGone),
        ({"id": "F0ABC", "mode": "hidden_by_limit", "name": "a.log"}, FileGone),
        ({"id": "F0ABC", "file_access": "access_denied", "name": "a.log"}, FileGone),
        ({"id": "F0ABC", "name": "lock.png", "mimetype": "image/png"}, NotALog),
        ({"id": "F0ABC", "name": "a.log", "is_external": True, "url_private": "x"}, NotALog),
        ({"id": "F0ABC", "name": "a.log", "mode": "hosted"}, FileGone),
        ({"id": "F0ABC", "name": "a.log", "url_private": "https://drive.example/a"}, FileElsewhere),
        ({"id": "F0ABC", "name": "a.log", "size": 2**40, "url_private": "x"}, FileTooLarge),
    ],
    ids=str,
)
async def test_what_slack_says_about_a_file_has_its_meaning(server, files, told, meaning):
    server.described["F0ABC"] = told
    with pytest.raises(FileRefused) as raised:
        await files.fetch(BARE)
    assert type(raised.value) is meaning
    assert str(raised.value)
    assert server.downloads() == []


async def test_the_missing_scope_is_named_with_its_fix(server, files):
    server.described["F0ABC"] = "missing_scope"
    with pytest.raises(LoginPage, match=r"missing_scope.*files:read.*reinstall"):
        await files.fetch(BARE)


async def test_a_pause_before_the_description_is_passed_on(server, files):
    server.answers["/api/files.info"] = saying(429, Retry_After="3")
    with pytest.raises(SlackLimited) as raised:
        await files.fetch(BARE)
    assert raised.value.retry_after == 3


@pytest.mark.parametrize("id_", IDS, ids=repr)
async def test_a_file_without_a_proper_id_is_not_fetched(server, files, id_):
    with pytest.raises(FileGone):
        await files.fetch(server.file() | {"id": id_})
    assert server.seen == []


async def test_a_message_that_fails_names_no_token(server, evil, files):
    obj = server.file(url_private_download=f"http://{TOKEN}:{TOKEN}@evil.example/{TOKEN}")
    with pytest.raises(FileElsewhere, match=r"evil\.example") as raised:
        await files.fetch(obj)
    assert TOKEN not in str(raised.value)


# ---- once, and for as long as it is needed


async def test_simultaneous_fetches_download_once(server, files, folder):
    held = Held(LOG)
    obj = server.file(held)
    waiting = [asyncio.create_task(files.fetch(dict(obj))) for _ in range(8)]
    await held.begun.wait()
    held.go.set()
    sources = await asyncio.gather(*waiting)
    assert [content(source) for source in sources] == [LOG] * 8
    assert len(server.seen) == 1
    assert len(on_disk(folder)) == 1


async def test_simultaneous_fetches_fail_together_and_the_next_one_tries_anew(server, files):
    obj = server.file(cutting(LOG[:20], promised=len(LOG)))
    ended = await asyncio.gather(*(files.fetch(obj) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in ended] == [FileUnreachable] * 3
    assert len(server.seen) == 1
    assert content(await files.fetch(server.file())) == LOG


async def test_a_fetch_given_up_does_not_take_the_file_from_the_others(server, files):
    held = Held(LOG)
    obj = server.file(held)
    first, second = (asyncio.create_task(files.fetch(obj)) for _ in range(2))
    await held.begun.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    held.go.set()
    assert content(await second) == LOG
    assert len(server.seen) == 1


async def test_a_download_nobody_waits_for_ends_and_leaves_nothing(server, made, folder):
    files = made(timeout=aiohttp.ClientTimeout(total=None))
    held = Held(LOG)
    only = asyncio.create_task(files.fetch(server.file(held)))
    await begun_on_disk(folder, 1)
    only.cancel()
    with pytest.raises(asyncio.CancelledError):
        await only
    # a fetch at that very moment must not join what is about to end
    assert content(await files.fetch(server.file())) == LOG
    async with asyncio.timeout(20):
        await held.left.wait()
    assert len(on_disk(folder)) == 1


async def test_a_file_fetched_before_is_not_downloaded_again(server, files):
    first = await files.fetch(server.file())
    again = await files.fetch(server.file())
    assert first.path == again.path
    assert len(server.seen) == 1


async def test_a_snippet_is_downloaded_again_because_it_can_be_edited(server, files):
    first = await files.fetch(server.file(mode="snippet"))
    edited = LOG.replace(b"32", b"80")
    second = await files.fetch(server.file(sending(edited), mode="snippet"))
    assert (content(first), content(second)) == (LOG, edited)


async def test_a_file_of_another_size_is_another_file(server, files):
    first = await files.fetch(server.file())
    second = await files.fetch(server.file(sending(LOG * 2), size=2 * len(LOG)))
    assert (content(first), content(second)) == (LOG, LOG * 2)


async def test_a_file_that_somebody_removed_from_the_folder_is_fetched_again(server, files):
    (await files.fetch(server.file())).path.unlink()
    assert content(await files.fetch(server.file())) == LOG


async def test_the_file_least_lately_asked_for_makes_room(server, made, folder):
    files = made(room=2 * len(LOG))
    for id_ in ("F0A", "F0B", "F0A", "F0C"):
        await files.fetch(server.file(id_=id_))
    assert [path.name.split("-")[0] for path in on_disk(folder)] == ["F0A", "F0C"]


async def test_a_file_in_use_does_not_make_room(server, made, folder):
    files = made(room=1)
    held = [await files.fetch(server.file(id_=f"F0{letter}")) for letter in "ABC"]
    assert [content(source) for source in held] == [LOG] * 3
    held.clear()
    last = await files.fetch(server.file(id_="F0D"))
    assert on_disk(folder) == [last.path]


async def test_no_more_than_four_files_are_downloaded_at_once(server, files):
    held = [Held(LOG) for _ in range(6)]
    objs = [server.file(one, id_=f"F0{number}") for number, one in enumerate(held)]
    waiting = [asyncio.create_task(files.fetch(obj)) for obj in objs]
    await asyncio.gather(*(one.begun.wait() for one in held[:4]))
    assert len(server.seen) == 4
    for one in held:
        one.go.set()
    await asyncio.gather(*waiting)
    assert len(server.seen) == 6


# ---- the folder


async def test_closing_removes_whole_files_and_begun_ones(server, files, folder):
    await files.fetch(server.file(id_="F0A"))
    held = Held(LOG)
    waiting = asyncio.create_task(files.fetch(server.file(held, id_="F0B")))
    await begun_on_disk(folder, 2)
    await files.close()
    assert on_disk(folder) == []
    with pytest.raises(FileUnreachable, match="about to end"):
        await waiting
    with pytest.raises(FileUnreachable, match="about to end"):
        await files.fetch(server.file(id_="F0C"))


async def test_closing_leaves_what_others_put_into_the_folder(server, files, folder):
    await files.fetch(server.file())
    (folder / "notes.txt").write_text("mine")
    await files.close()
    assert [path.name for path in on_disk(folder)] == ["notes.txt"]


async def test_a_folder_that_others_could_read_is_closed_to_them(server, files, folder):
    folder.mkdir(mode=0o755)
    await files.fetch(server.file())
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_what_a_killed_process_left_long_ago_is_removed(server, files, folder):
    folder.mkdir()
    old, recent, other = (folder / name for name in ("a.fetched", "b.fetched", "c.txt"))
    for path in (old, recent, other):
        path.write_bytes(LOG)
    for path in (old, other):
        os.utime(path, (0, 0))
    source = await files.fetch(server.file())
    assert on_disk(folder) == sorted([source.path, recent, other])


async def test_a_folder_that_cannot_be_made_is_told_and_may_be_mended(server, files, folder):
    folder.write_text("in the way")
    with pytest.raises(FileUnreachable, match=r"disk of Despool's own machine \(.+\)"):
        await files.fetch(server.file())
    folder.unlink()
    assert content(await files.fetch(server.file())) == LOG


def test_a_full_disk_is_told():
    """RLIMIT_FSIZE makes every write beyond it fail, as a full disk does; it needs a process."""
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK], cwd=Path(__file__).parent.parent, capture_output=True
    )
    assert (run.stdout, run.stderr, run.returncode) == (b"told, and nothing left\n", b"", 0)


FULL_DISK = """
import asyncio, pathlib, resource, signal, sys, tempfile
sys.path[:0] = ["tests"]
from test_files import Slack, FileUnreachable, Files, TOKEN, on_disk, sending, slack

async def main(folder):
    async with Slack() as server, slack.session() as session:
        api_url = server.url + "/api/"
        client = slack.connect(token=TOKEN, base_url=api_url, session=session)
        files = Files(client, session, token=TOKEN, api_url=api_url, folder=folder)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            await files.fetch(server.file(sending(bytes(3_000_000)), size=3_000_000))
        except FileUnreachable as problem:
            assert "disk of Despool's own machine" in str(problem), problem
            assert on_disk(folder) == []
            print("told, and nothing left")

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(pathlib.Path(folder) / "uploads"))
"""


async def test_a_worker_process_gets_a_plain_source(server, files):
    source = await files.fetch(server.file())
    data = pickle.dumps(source)
    assert b"bot.files" not in data
    other = pickle.loads(data)  # noqa: S301 - just made here
    assert (other.name, content(other)) == (source.name, LOG)


def test_a_file_described_twice_in_different_ways_is_kept_once_each(tmp_path):
    shelf = Shelf(tmp_path, room=1000)
    file = described({"id": "F0ABC", "size": 3})
    paths = []
    for _ in range(2):
        out, path = shelf.begin(file)
        with out:
            out.write(b"abc")
        paths.append(shelf.put(file, path, 3).path)
    assert shelf.find(file).path == paths[1]
    shelf.clear()
    assert on_disk(tmp_path) == []
