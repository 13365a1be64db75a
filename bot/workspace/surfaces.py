"""What people do beside talking, and what the app may do in return.

Commands, buttons, menus, shortcuts, modals and the App Home; trigger ids and response URLs.
Payloads: https://docs.slack.dev/reference/interaction-payloads and, of commands,
https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
"""

import copy
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from bot.workspace import cast
from bot.workspace.cast import Channel, Json
from bot.workspace.delivery import Delivery
from bot.workspace.limits import TEXT_POSTED, check_content, check_view, elements, fields, filled
from bot.workspace.refusal import Refusal, check
from bot.workspace.team import Team

_PLACES = {"group": "privategroup", "im": "directmessage"}  # their names in payloads
_COMMON = {"token": "stand-in-token", "api_app_id": cast.APP_ID}
_VIEW = {"callback_id": "", "private_metadata": "", "submit": None, "close": None}
_VIEW |= {"team_id": cast.TEAM_ID, "app_id": cast.APP_ID, "bot_id": cast.BOT_ID}


Outcome = Callable[[Json], None]  # what comes of the body of an acknowledgement


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


class Surfaces(Team):
    """A team whose people do more with the app than talk."""

    def __init__(self, subscriptions: frozenset[str]) -> None:
        super().__init__(subscriptions)
        self.views: dict[str, Json] = {}  # the open modal of each user
        self.homes: dict[str, Json] = {}
        self.trigger_life, self.url_life = 3.0, 1800.0  # seconds
        self._triggers: dict[str, tuple[str, float]] = {}  # no user: exchanged
        self._addresses: dict[str, Address] = {}

    def command(
        self, text: str, *, command: str = "/despool", channel: str = "C0ALERTS", user: str = "alex"
    ) -> Delivery:
        """Run a slash command."""
        place, person = self.channel(channel), self.person(user)
        form = {"command": command, "text": text, "team_id": cast.TEAM_ID, "channel_id": place.id}
        form |= {"team_domain": "stand-in", "channel_name": _PLACES.get(place.kind, place.name)}
        form |= {"user_id": person.id, "user_name": person.name, "is_enterprise_install": "false"}
        address = Address(place, person.id)
        form |= _COMMON | self._ways_back(address)

        def outcome(said: Json) -> None:
            if said.get("text") or said.get("blocks"):
                self._answer(address, said)

        return self._ask("slash_commands", form, address, outcome)

    def shortcut(
        self, channel: str, ts: str, callback_id: str = "explain_log", *, user: str = "alex"
    ) -> Delivery:
        """Use a shortcut of a message."""
        place = self.channel(channel)
        message = place.messages[ts]
        address = Address(place, self.person(user).id, message.get("thread_ts"))
        more = {"callback_id": callback_id, "message_ts": ts, "message": message}
        more |= {"action_ts": self.tick(), **self._ways_back(address)}
        return self._interact("message_action", address, more)

    def click(
        self, message: Json, action_id: str, *, user: str = "alex", option: str | None = None
    ) -> Delivery:
        """Click a button of a message or ephemeral, or choose from its overflow menu."""
        channel, hidden = self.channel(message["channel"]), "ephemeral_for" in message
        ts, thread = message["ts"], message.get("thread_ts")
        address = Address(channel, self.person(user).id, thread, ts)
        container = {"type": "message", "message_ts": ts, "channel_id": channel.id}
        container |= {"is_ephemeral": hidden} | ({"thread_ts": thread} if thread else {})
        more: Json = {} if hidden else {"message": channel.messages[ts]}
        more |= {"container": container, "state": {"values": {}}, **self._ways_back(address)}
        more |= {"actions": [self._action(message, action_id, option)]}
        return self._interact("block_actions", address, more)

    def click_view(
        self, view: Json, action_id: str, *, user: str = "alex", option: str | None = None
    ) -> Delivery:
        """Click in a modal or in an App Home."""
        more: Json = {"container": {"type": "view", "view_id": view["id"]}, "view": view}
        more |= {"actions": [self._action(view, action_id, option)]}
        return self._interact("block_actions", self._in_person(user), more)

    def submit(
        self, view: Json, values: Json, *, user: str = "alex", files: Json | None = None
    ) -> Delivery:
        """Submit a modal; `ValueError` where Slack's own form would not let a person."""
        address, state = self._in_person(user), {}
        for block in fields(view):
            name, element = block["block_id"], block["element"]
            text, uploads = values.get(name) or None, (files or {}).get(name, {})
            if not (text or uploads or block.get("optional")):
                raise ValueError(f"{name}: please complete this required field")
            if len(text or "") > element.get("max_length", 3000):
                raise ValueError(f"{name}: too long")
            value: Json = {"type": element["type"], "value": text}
            if element["type"] == "file_input":
                stored = [self.add_file(address.user, *one) for one in uploads.items()]
                value = {"type": "file_input", "files": stored}
            state[name] = {element["action_id"]: value}
        view["state"] = {"values": state}

        def outcome(answer: Json) -> None:
            if answer.get("response_action") == "update":
                self.keep(address.user, "modal", answer["view"])
            elif answer.get("response_action") != "errors":
                self.close(view, user=user)

        more = {"view": view, "response_urls": []}
        return self._interact("view_submission", address, more, outcome)

    def close(self, view: Json, *, user: str = "alex") -> None:
        """Close a modal, if it is still open."""
        id_ = self.person(user).id
        if self.views.get(id_, {}).get("id") == view["id"]:
            del self.views[id_]
            self.tell(view=None, user=id_)

    def open_home(self, user: str = "alex", tab: str = "home") -> Delivery:
        """Open the bot's App Home: https://docs.slack.dev/reference/events/app_home_opened."""
        address = self._in_person(user)
        event = {"type": "app_home_opened", "user": address.user, "channel": address.channel.id}
        home = self.homes.get(address.user)
        return self.happen(address.channel, event | {"tab": tab} | ({"view": home} if home else {}))

    def keep(self, user: str, kind: str, view: Json) -> Json:
        """Show a user a modal or home."""
        check_view(view, kind)
        shelf, name = (self.views, "view") if kind == "modal" else (self.homes, "home")
        id_ = shelf.get(user, {}).get("id") or f"V{uuid.uuid4().hex[:10].upper()}"
        made: Json = _VIEW | view | {"id": id_, "root_view_id": id_, "state": {"values": {}}}
        made |= {"hash": f"{self.tick()}.{id_}", "blocks": filled(view["blocks"])}
        shelf[user] = made
        self.tell(**{name: made}, user=user)
        return made

    def exchange(self, trigger: str) -> str:
        """Take a trigger_id, return its user: https://docs.slack.dev/reference/methods/views.open."""
        check(trigger in self._triggers, "invalid_trigger_id")
        user, until = self._triggers[trigger]
        self._triggers[trigger] = ("", until)
        check(user, "exchanged_trigger_id")
        check(time.monotonic() <= until, "expired_trigger_id")
        return user

    def respond(self, name: str, body: Json) -> None:
        """Take an answer sent to a response_url."""
        address = self._addresses[name]
        check(time.monotonic() <= address.until, "expired_url")
        check(address.uses, "used_url")
        try:
            self._answer(address, body)
        except KeyError:  # replaced or deleted, but gone
            raise Refusal("message_not_found") from None
        address.uses -= 1

    def _answer(self, at: Address, body: Json) -> None:
        # Of a command there is no original, and nothing is replaced:
        # https://github.com/slackapi/bolt-python/issues/1268
        if at.original and body.get("delete_original"):
            return self.remove(at.channel, at.original)
        content = check_content(body, TEXT_POSTED)
        if at.original and body.get("replace_original"):
            self.change(at.channel, at.original, cast.BOT_USER, **{"blocks": [], **content})
        elif body.get("response_type") == "in_channel":
            self.say(at.channel, cast.BOT_USER, at.thread, **content)
        else:
            self.whisper(at.channel, at.user, at.thread, **content)
        return None

    def _ways_back(self, address: Address) -> Json:
        name, address.until = uuid.uuid4().hex, time.monotonic() + self.url_life
        self._addresses[name] = address
        return self._trigger(address.user) | {"response_url": f"{self.url}response/{name}"}

    def _trigger(self, user: str) -> Json:
        name = f"{len(self._triggers)}.{cast.TEAM_ID}.{uuid.uuid4().hex}"
        self._triggers[name] = (user, time.monotonic() + self.trigger_life)
        return {"trigger_id": name}

    def _action(self, holder: Json, action_id: str, option: str | None) -> Json:
        items = [(block, one) for block in holder["blocks"] for one in elements(block)]
        found = {one.get("action_id"): (block, one) for block, one in items}
        block, element = found[action_id]
        kept = ("type", "action_id", "text", "value", "style")
        action = {key: element[key] for key in kept if key in element}
        if element["type"] == "overflow":
            options = {one["value"]: one for one in element["options"]}
            action["selected_option"] = options[str(option)]
        return action | {"block_id": block["block_id"], "action_ts": self.tick()}

    def _in_person(self, user: str) -> Address:
        person = self.person(user)
        return Address(self.channel(person.id), person.id)

    def _interact(
        self, kind: str, address: Address, more: Json, outcome: Outcome = lambda answer: None
    ) -> Delivery:
        name, place = self.person(address.user).name, address.channel
        user = {"id": address.user, "username": name, "name": name, "team_id": cast.TEAM_ID}
        payload = {"type": kind, "user": user, "enterprise": None, "is_enterprise_install": False}
        payload |= _COMMON | {"team": {"id": cast.TEAM_ID, "domain": "stand-in"}}
        payload |= self._trigger(address.user) | more
        if "response_url" in more:
            payload["channel"] = {"id": place.id, "name": _PLACES.get(place.kind, place.name)}
        return self._ask("interactive", payload, address, outcome)

    def _ask(self, kind: str, payload: Json, address: Address, outcome: Outcome) -> Delivery:
        def conclude(delivery: Delivery) -> None:
            try:
                if delivery.acknowledged:
                    return outcome(delivery.response or {})
            except Refusal as refusal:
                delivery.failures.append(str(refusal))
            # what Slackbot then says, as people report it: it stands on no page of Slack's
            slow = "timeout" in delivery.failures[-1]
            word = "operation_timeout" if slow else "dispatch_failed"
            text = f"{payload.get('command', 'Despool')} failed with the error “{word}”"
            self.whisper(address.channel, address.user, address.thread, text=text)
            return None

        sent = Delivery(payload=copy.deepcopy(payload), kind=kind, outcome=conclude)
        return self.courier.send(sent)
