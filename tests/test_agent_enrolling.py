"""Enrolling, by the command an admin gives: one code, one server, nothing written on failure."""

import asyncio
import os
import ssl
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.agent.config import load
from bot.agent.enrolling import EnrolmentFailed, Wishes, enroll, map_of
from bot.agents.gateway import Gateway, routes
from bot.agents.roster import MemoryRoster
from tests.agents import agent, bot_side, connected, enrolled, until

TLS = Path(__file__).parent / "tls"


async def despool(*words, code=0):
    """Run a command as a person does, and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", *map(str, words)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"CI": ""},
    )
    out, err = await process.communicate()
    assert process.returncode == code, (out, err)
    return (out + err).decode()


async def test_the_command_writes_key_and_configuration_and_tells_name_and_key(tmp_path):
    config = tmp_path / "etc" / "agent.toml"
    async with bot_side() as bot:
        code = await bot.gateway.enrolment.invite("NTSITE1")
        said = await despool(
            *("agent", "enroll", bot.url, "--code", code.lower(), "--config", config),
            *("--root", tmp_path, "--map", f"E:\\SMS_PKGE={tmp_path}", "--log", tmp_path / "D.log"),
            *("--events", tmp_path / "a.evt", "--alias", "ntsite1.corp.example", "--alias", "DP1"),
        )
        [agent_] = await bot.gateway.roster.agents()
    assert "Enrolled as NTSITE1.\nKey fingerprint: SHA256:" in said
    held = load(config)
    assert (held.name, held.agent, held.bot) == ("NTSITE1", agent_.id, bot.url)
    assert held.roots == (tmp_path,)
    assert held.maps == {"E:\\SMS_PKGE": tmp_path}
    assert held.logs == (tmp_path / "D.log",)
    assert held.events == (str(tmp_path / "a.evt"),)
    assert held.aliases == agent_.aliases == ("ntsite1.corp.example", "DP1")
    assert stat.S_IMODE(held.key_file.stat().st_mode) == 0o600
    assert held.key_file.parent == config.parent
    assert [one.id for one in bot.enrolled] == [agent_.id]
    assert agent_.public_key not in config.read_text()


async def test_a_code_that_was_used_enrols_nobody_else_and_writes_nothing(tmp_path):
    async with bot_side() as bot:
        code = await bot.gateway.enrolment.invite("NTSITE1")
        config = tmp_path / "first" / "agent.toml"
        await enroll(Wishes(address=bot.url, code=code, config=config))
        stolen = tmp_path / "second" / "agent.toml"
        said = await despool("agent", "enroll", bot.url, "--code", code, "--config", stolen, code=2)
        assert len(await bot.gateway.roster.agents()) == 1
    assert "cannot be used" in said
    assert not stolen.exists()
    assert list(tmp_path.glob("second/*")) == []


async def test_of_two_who_bring_one_code_at_once_one_enrols(tmp_path):
    async with bot_side() as bot:
        code = await bot.gateway.enrolment.invite("NTSITE1")
        results = await asyncio.gather(
            *(
                enroll(Wishes(address=bot.url, code=code, config=tmp_path / f"{n}" / "agent.toml"))
                for n in range(5)
            ),
            return_exceptions=True,
        )
    assert sum(isinstance(one, EnrolmentFailed) for one in results) == 4


async def test_a_code_is_good_for_15_minutes(tmp_path):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    async with bot_side(clock=lambda: now) as bot:
        in_time, late = [await bot.gateway.enrolment.invite("NTSITE1") for _ in range(2)]
        now += timedelta(minutes=15) - timedelta(seconds=1)
        await enroll(Wishes(address=bot.url, code=in_time, config=tmp_path / "agent.toml"))
        now += timedelta(seconds=1)
        with pytest.raises(EnrolmentFailed, match="15 minutes"):
            await enroll(Wishes(address=bot.url, code=late, config=tmp_path / "2" / "agent.toml"))


async def test_a_code_is_kept_as_its_hash_alone():
    roster = MemoryRoster()
    async with bot_side(roster) as bot:
        code = await bot.gateway.enrolment.invite("NTSITE1")
    assert code not in str(vars(roster))
    assert code.replace("-", "") not in str(vars(roster))


async def test_who_enrols_again_keeps_what_the_admin_wrote_and_the_old_key_is_void(tmp_path):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path, roots=(tmp_path,), aliases=("DP1",))
        before = load(config)
        config.write_text(config.read_text().replace("# deadline = 5", "deadline = 3"))
        assert load(config).deadline == 3
        async with agent(config):
            await connected(bot)
            again = await enrolled(bot, tmp_path, logs=(tmp_path / "D.log",))
            after = load(again)
            [now] = await bot.gateway.roster.agents()
            old = await bot.gateway.roster.agent(before.agent)
    assert again == config
    assert after.agent == now.id != before.agent
    assert (after.deadline, after.roots, after.aliases) == (3, (tmp_path,), ("DP1",))
    assert after.logs == (tmp_path / "D.log",)
    assert old.revoked_at is not None


async def test_an_alias_that_belongs_to_another_server_is_refused(tmp_path):
    async with bot_side() as bot:
        await enrolled(bot, tmp_path, "NTSITE1", aliases=("dp1.corp.example",))
        for alias in ("ntsite1", "NTSITE1.corp.example", "DP1"):
            with pytest.raises(EnrolmentFailed, match="another server"):
                await enrolled(bot, tmp_path, "NTSITE2", aliases=(alias,))
        assert [one.name for one in await bot.gateway.roster.agents()] == ["NTSITE1"]
    assert not (tmp_path / "NTSITE2" / "agent.toml").exists()


BODIES = {
    "no JSON": b"<html>",
    "no object": b"[]",
    "nothing": b"",
    "a key missing": b"{}",
    "numbers": b'{"code": 5}',
    "very deep": b"[" * 100_000,
    "too large": b"x" * 100_000,
    "not UTF-8": b'{"code": "\xff"}',
}


@pytest.mark.parametrize("case", BODIES)
async def test_a_request_that_makes_no_sense_is_refused_in_words(case):
    async with (
        bot_side() as bot,
        aiohttp.ClientSession() as session,
        session.post(f"{bot.url}agents/v1/enroll", data=BODIES[case]) as response,
    ):
        assert response.status == 403
        assert (await response.json())["error"].startswith("The request to enrol")


async def test_a_key_that_is_not_ones_own_is_refused(tmp_path):
    async with bot_side() as bot, aiohttp.ClientSession() as session:
        await enrolled(bot, tmp_path, "NTSITE1")
        [other] = await bot.gateway.roster.agents()
        body = {
            "code": await bot.gateway.enrolment.invite("NTSITE2"),
            "public_key": other.public_key,
            "signature": "A" * 86 + "==",
            "url": bot.url,
            "host": "x",
            "version": "1",
        }
        async with session.post(f"{bot.url}agents/v1/enroll", json=body) as response:
            assert response.status == 403
            assert "not signed" in (await response.json())["error"]


ANSWERS = {
    "a sign-in page": (200, "<html>Sign in</html>"),
    "a redirect": (302, ""),
    "not found": (404, "404: Not Found"),
    "an empty object": (200, "{}"),
    "a number as name": (200, '{"agent": "abcdefgh", "name": 5}'),
    "very much": (200, "[" * 200_000),
    "a name that breaks the configuration": (200, '{"agent": "abcdefgh", "name": "a\\nb"}'),
    "control characters": (403, '{"error": "\\u001b[2J"}'),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_what_is_no_bot_enrols_nobody_and_nothing_is_written(tmp_path, case):
    status, text = ANSWERS[case]

    async def answer(_):
        headers = {"Location": "http://127.0.0.1:9/"}
        return web.Response(status=status, text=text, headers=headers, content_type="text/html")

    app = web.Application()
    app.router.add_post("/agents/v1/enroll", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        said = await despool(
            *("agent", "enroll", url, "--code", "A", "--config", tmp_path / "agent.toml"), code=2
        )
    finally:
        await runner.cleanup()
    assert said.startswith("despool: ")
    assert said.count("\n") == 1
    assert "\x1b" not in said
    assert list(tmp_path.iterdir()) == []


async def test_a_bot_that_is_not_there_and_wrong_words_are_told_in_one_line(tmp_path):
    config = tmp_path / "agent.toml"
    for words in (
        ["http://127.0.0.1:9/"],
        ["http://despool.example/"],
        ["http://127.0.0.1:9/", "--map", "E"],
        ["http://127.0.0.1:9/", "--map", "E:x=/srv"],
    ):
        said = await despool("agent", "enroll", *words, "--code", "A", "--config", config, code=2)
        assert said.startswith("despool: ")
        assert said.count("\n") == 1
    assert not config.exists()


def test_a_map_is_read_up_to_its_first_sign():
    assert map_of("E:\\SMS_PKGE\\=/srv/a=b") == ("E:\\SMS_PKGE", Path("/srv/a=b"))
    assert map_of("E:\\=/srv") == ("E:\\", Path("/srv"))


async def test_over_tls_a_private_authority_is_trusted_where_it_is_named_alone(tmp_path):
    gateway = Gateway(MemoryRoster(), lambda *_: None)
    app = web.Application()
    app.router.add_routes(routes(gateway))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    url = f"https://localhost:{runner.addresses[0][1]}/"
    try:
        code = await gateway.enrolment.invite("NTSITE1")
        config = tmp_path / "agent.toml"
        with pytest.raises(EnrolmentFailed, match="certificate"):
            await enroll(Wishes(address=url, code=code, config=config))
        assert not config.exists()
        await enroll(Wishes(address=url, code=code, config=config, ca_file=TLS / "cert.pem"))
        async with agent(config):
            await until(gateway.statuses)
    finally:
        await gateway.close()
        await runner.cleanup()
    assert load(config).ca_file == TLS / "cert.pem"
