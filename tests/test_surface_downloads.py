"""Where the bot's token goes when a file is fetched, and where it must not."""

from contextlib import asynccontextmanager

from aiohttp import ClientSession, web

from tests.slack_bot import LOG, quiet
from tests.surfaces import PUBLIC, add, in_channel, listening, share, told

LOG_FILE = LOG.encode()


@asynccontextmanager
async def elsewhere():
    """Serve a log at another place, and write down what was sent there."""
    seen = []

    async def answer(request):
        seen.append(dict(request.headers))
        return web.Response(body=LOG_FILE)

    async with serving(answer) as url:
        yield url, seen


@asynccontextmanager
async def before(ws, target):
    """Stand before the workspace, and send every download on to another place."""
    async with ClientSession(trust_env=False) as session:

        async def answer(request):
            if not request.path.startswith("/api/"):
                return web.Response(status=302, headers={"Location": target})
            headers = {"Authorization": request.headers.get("Authorization", "")}
            headers["Content-Type"] = request.headers.get("Content-Type", "text/plain")
            method, url = request.path.removeprefix("/api/"), ws.api_url
            sent = {"data": await request.read(), "headers": headers}
            async with session.post(f"{url}{method}", params=request.query, **sent) as told_so:
                return web.json_response(await told_so.json())

        async with serving(answer) as url:
            yield url


@asynccontextmanager
async def serving(answer):
    """Serve on this machine with one handler."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_the_token_is_not_sent_to_another_host(ws, live):
    async with elsewhere() as (url, seen):
        places = {"url_private": f"{url}despool.log", "url_private_download": f"{url}despool.log"}
        share(ws, add(ws, "despool.log", LOG_FILE, **places))
        await quiet(ws, live)
    assert seen == []
    assert "despool.log" in told(ws)
    assert in_channel(ws, PUBLIC) == []


async def test_the_token_does_not_follow_a_redirect_to_another_host(ws, mode, tmp_path):
    async with (
        elsewhere() as (url, seen),
        before(ws, url) as front,
        listening(ws, mode, tmp_path, slack_api_url=f"{front}api/") as live,
    ):
        places = {"url_private": f"{front}x", "url_private_download": f"{front}x"}
        share(ws, add(ws, "despool.log", LOG_FILE, **places))
        await quiet(ws, live)
        assert seen == []
        assert "despool.log" in told(ws)
        assert in_channel(ws, PUBLIC) == []
