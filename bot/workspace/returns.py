"""What the app may do in return: open modals, publish homes, answer to response URLs."""

import time
import uuid
from dataclasses import dataclass

from bot.workspace import cast
from bot.workspace.cast import Channel, Json
from bot.workspace.limits import TEXT_POSTED, check_content, check_view, filled
from bot.workspace.refusal import Refusal
from bot.workspace.team import Team

_VIEW = {"callback_id": "", "private_metadata": "", "notify_on_close": False, "submit": None}
_VIEW |= {"clear_on_close": False, "close": None, "previous_view_id": None, "external_id": ""}
_VIEW |= {"team_id": cast.TEAM_ID, "app_id": cast.APP_ID, "bot_id": cast.BOT_ID}


@dataclass(slots=True)
class Address:
    """A response_url: five answers in half an hour, in one place, perhaps about one message.

    https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
    """

    channel: Channel
    user: str
    thread: str | None = None
    original: str | None = None  # ts
    until: float = 0.0
    uses: int = 5


class Returns(Team):
    """A team with the app's modals, App Homes, trigger ids and response URLs."""

    def __init__(self, subscriptions: frozenset[str]) -> None:
        super().__init__(subscriptions)
        self.views: dict[str, Json] = {}  # the open modal of each user
        self.homes: dict[str, Json] = {}
        self.trigger_life, self.url_life = 3.0, 1800.0  # seconds
        self._triggers: dict[str, tuple[str, float] | None] = {}  # None: exchanged
        self._addresses: dict[str, Address] = {}

    def exchange(self, trigger: str) -> str:
        """Take a trigger_id, return its user: https://docs.slack.dev/reference/methods/views.open."""
        if trigger not in self._triggers:
            raise Refusal("invalid_trigger_id")
        found, self._triggers[trigger] = self._triggers[trigger], None
        if found is None or time.monotonic() > found[1]:
            raise Refusal("expired_trigger_id" if found else "exchanged_trigger_id")
        return found[0]

    def keep(self, user: str, kind: str, view: Json, given: str = "") -> Json:
        """Show a user a modal or home; a `given` hash has to be that of the version they see.

        hash_conflict: https://docs.slack.dev/reference/methods/views.update
        """
        check_view(view, kind)
        shelf = self.views if kind == "modal" else self.homes
        old = shelf.get(user, {})
        if old and given and given != old["hash"]:
            raise Refusal("hash_conflict")
        id_ = old.get("id") or f"V{uuid.uuid4().hex[:10].upper()}"
        made = _VIEW | view | {"id": id_, "root_view_id": id_, "state": {"values": {}}}
        made |= {"hash": f"{self.tick()}.{id_}", "blocks": filled(view["blocks"])}
        shelf[user] = made
        self.tell(**{"view" if kind == "modal" else "home": made}, user=user)
        return made

    def find(self, view_id: str) -> Json:
        """Return a view that somebody sees; `KeyError` when nobody does."""
        return {one["id"]: one for one in (*self.views.values(), *self.homes.values())}[view_id]

    def respond(self, name: str, body: Json) -> None:
        """Take an answer sent to a response_url."""
        address = self._addresses.get(name)
        if address is None or time.monotonic() > address.until:
            raise Refusal("expired_url")
        if not address.uses:
            raise Refusal("used_url")
        try:
            self.answer(address, body)
        except KeyError:  # replaced or deleted, but gone
            raise Refusal("message_not_found") from None
        address.uses -= 1

    def answer(self, at: Address, body: Json) -> None:
        """Say what the app answers, in its place."""
        # Of a command there is no original, and nothing is replaced:
        # https://github.com/slackapi/bolt-python/issues/1268
        verbs = [verb for verb in ("replace", "delete") if body.get(f"{verb}_original")]
        if at.original and "delete" in verbs:
            return self.remove(at.channel, at.original)
        content = check_content(body, TEXT_POSTED)
        if at.original and verbs:
            self.change(at.channel, at.original, cast.BOT_USER, **{"blocks": [], **content})
        elif body.get("response_type") == "in_channel":
            self.say(at.channel, cast.BOT_USER, at.thread, **content)
        else:
            self.whisper(at.channel, at.user, at.thread, **content)
        return None

    def shut(self, view: Json, user: str) -> None:
        """Close a modal, if it is still open."""
        if self.views.get(user, {}).get("id") == view["id"]:
            del self.views[user]
            self.tell(view=None, user=user)

    def ways_back(self, address: Address) -> Json:
        """Make a trigger_id and a response_url."""
        name, address.until = uuid.uuid4().hex, time.monotonic() + self.url_life
        self._addresses[name] = address
        url = f"{self.url}response/{name}"
        return {"trigger_id": self.trigger(address.user), "response_url": url}

    def trigger(self, user: str) -> str:
        """Make a trigger_id, good for one modal within three seconds."""
        name = f"{len(self._triggers)}.{cast.TEAM_ID}.{uuid.uuid4().hex}"
        self._triggers[name] = (user, time.monotonic() + self.trigger_life)
        return name
