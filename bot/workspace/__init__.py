"""A stand-in Slack inside one process, over real loopback sockets, for the demo and the tests.

    async with Workspace() as ws:                       # port=0: any free port of 127.0.0.1
        client = AsyncWebClient(token=ws.bot_token, base_url=ws.api_url)
        ts = ws.post("#sms-alerts", "Copying ...", user="alex")    # the event reaches the bot
        await ws.until(lambda: ws.replies("#sms-alerts", ts))      # the bot has answered
        ws.fail("chat.postMessage", Fault(status=429, retry_after=1), times=2)

The bot is reached over Socket Mode, or signed over HTTP once `ws.events_url` is set. What the bot
called is in `ws.calls`, what it was sent in `ws.deliveries`. A person reads along at `ws.url`.
"""

from bot.workspace.cast import Sample
from bot.workspace.refusal import Fault
from bot.workspace.server import Workspace

__all__ = ["Fault", "Sample", "Workspace"]
