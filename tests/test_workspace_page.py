"""The page of the stand-in workspace shows everything and serves its own reader only."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.workspace import Workspace


@pytest.fixture
async def ws() -> AsyncIterator[Workspace]:
    async with Workspace(samples=[("A lock", "Win32 Error = 32")]) as workspace:
        yield workspace


@pytest.fixture
async def reader(ws: Workspace) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(ws.url) as session:
        yield session


@pytest.mark.parametrize("path", ["/", "/page/page.js", "/page/page.css"])
async def test_every_file_of_the_page_is_served_here_and_loads_nothing_from_elsewhere(
    reader: aiohttp.ClientSession, path: str
) -> None:
    async with reader.get(path) as answer:
        text = await answer.text()
        assert answer.status == 200
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "https://" not in text
    assert "innerHTML" not in text


async def test_a_reader_sees_what_was_and_what_comes(
    ws: Workspace, reader: aiohttp.ClientSession
) -> None:
    ws.post("#random", "before")
    async with reader.ws_connect("/page/live") as live:
        state = await live.receive_json()
        random = next(one for one in state["channels"] if one["name"] == "random")
        assert [message["text"] for message in random["messages"]] == ["before"]
        assert state["samples"] == [["A lock", "Win32 Error = 32"]]
        ts = ws.post("#random", "after")
        news = await live.receive_json()
        assert (news["channel"], news["message"]["text"]) == ("C0RANDOM", "after")
        ws.delete("#random", ts)
        assert (await live.receive_json())["message"]["deleted"]


async def test_a_reader_posts_edits_and_deletes(
    ws: Workspace, reader: aiohttp.ClientSession
) -> None:
    form = aiohttp.FormData({"channel": "C0RANDOM", "user": "U0MORGAN", "text": "a\r\nb <c>"})
    form.add_field("file", b"\x00\xff", filename="x.log")
    async with reader.post("/page/post", data=form) as answer:
        ts = (await answer.json())["ts"]
    (message,) = ws.thread("#random", ts)
    assert (message["user"], message["text"]) == ("U0MORGAN", "a\nb &lt;c&gt;")
    assert ws.team.contents[message["files"][0]["id"]] == b"\x00\xff"
    place = {"channel": "C0RANDOM", "ts": ts}
    async with reader.post("/page/edit", data={**place, "text": "new"}) as answer:
        assert answer.ok
    assert ws.thread("#random", ts)[0]["text"] == "new"
    async with reader.post("/page/delete", data=place) as answer:
        assert answer.ok
    assert ws.thread("#random", ts) == []


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"text": "x"}, id="without a channel"),
        pytest.param({"channel": "C0NOWHERE", "user": "alex", "text": "x"}, id="in no channel"),
        pytest.param({"channel": "C0RANDOM", "user": "nobody", "text": "x"}, id="by nobody"),
    ],
)
async def test_a_post_that_makes_no_sense_is_refused(
    reader: aiohttp.ClientSession, form: dict[str, str]
) -> None:
    async with reader.post("/page/post", data=form) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "http://evil.example"}, id="from another site"),
        pytest.param({"Host": "evil.example"}, id="under another name"),
    ],
)
async def test_other_sites_in_the_readers_browser_are_kept_out(
    ws: Workspace, reader: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    form = {"channel": "C0RANDOM", "user": "alex", "text": "x"}
    async with reader.post("/page/post", data=form, headers=headers) as answer:
        assert answer.status == 403
    async with reader.get("/page/live", headers=headers) as answer:
        assert answer.status == 403
    assert not ws.team.channel("#random").messages
