"""What people do beside talking: commands, buttons, menus, shortcuts, modals and the App Home.

Payloads: https://docs.slack.dev/reference/interaction-payloads and, of commands,
https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
"""

import copy
from collections.abc import Callable, Mapping

from bot.workspace import cast
from bot.workspace.cast import Channel, Json
from bot.workspace.delivery import Delivery
from bot.workspace.limits import elements
from bot.workspace.refusal import Refusal
from bot.workspace.returns import Address, Returns

_PLACES = {"group": "privategroup", "im": "directmessage"}  # their names in payloads
_COMMON = {"token": "stand-in-token", "api_app_id": cast.APP_ID}


class Surfaces(Returns):
    """A team whose people do more with the app than talk."""

    def command(
        self, text: str, *, command: str = "/despool", channel: str = "C0ALERTS", user: str = "alex"
    ) -> Delivery:
        """Run a slash command."""
        place, person = self.channel(channel), self.person(user)
        form = {"command": command, "text": text, "team_id": cast.TEAM_ID, "channel_id": place.id}
        form |= {"team_domain": "stand-in", "channel_name": _PLACES.get(place.kind, place.name)}
        form |= {"user_id": person.id, "user_name": person.name, "is_enterprise_install": "false"}
        address = Address(place, person.id)
        form |= _COMMON | self.ways_back(address)

        def outcome(delivery: Delivery) -> None:
            said = delivery.response or {}
            if said.get("text") or said.get("blocks"):
                self.answer(address, said)

        return self._ask("slash_commands", form, address, outcome)

    def shortcut(
        self, channel: str, ts: str, callback_id: str = "explain_log", *, user: str = "alex"
    ) -> Delivery:
        """Use a shortcut of a message."""
        place = self.channel(channel)
        message = place.messages[ts]
        address = Address(place, self.person(user).id, message.get("thread_ts"))
        more = {"callback_id": callback_id, "message_ts": ts, "message": message}
        more |= {"action_ts": self.tick(), **self.ways_back(address)}
        return self._interact("message_action", address, more)

    def click(
        self, message: Json, action_id: str, *, user: str = "alex", option: str | None = None
    ) -> Delivery:
        """Click a button of a message or ephemeral, or choose from its overflow menu."""
        channel, hidden = self.channel(message["channel"]), "ephemeral_for" in message
        ts = message["ts"]
        thread = message.get("thread_ts")
        address = Address(channel, self.person(user).id, thread, ts)
        container = {"type": "message", "message_ts": ts, "channel_id": channel.id}
        container |= {"is_ephemeral": hidden} | ({"thread_ts": thread} if thread else {})
        more: Json = {} if hidden else {"message": channel.messages[ts]}
        more |= {"container": container, "state": {"values": {}}, **self.ways_back(address)}
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
        self,
        view: Json,
        values: Mapping[str, str],
        *,
        user: str = "alex",
        files: Mapping[str, Mapping[str, bytes]] | None = None,
    ) -> Delivery:
        """Submit a modal; `ValueError` where Slack's own form would not let a person."""
        address = self._in_person(user)
        fields = [block for block in view["blocks"] if block["type"] == "input"]
        given = files or {}
        state = {
            name: self._field(block, values.get(name), given.get(name, {}), address.user)
            for name, block in {block["block_id"]: block for block in fields}.items()
        }
        view["state"] = {"values": state}

        def outcome(delivery: Delivery) -> None:
            answer = delivery.response or {}
            if answer.get("response_action") == "update":
                self.keep(address.user, "modal", answer["view"])
            elif answer.get("response_action") != "errors":
                self.shut(view, address.user)

        more = {"view": view, "response_urls": []}
        return self._interact("view_submission", address, more, outcome)

    def _field(
        self, block: Json, text: str | None, uploads: Mapping[str, bytes], author: str
    ) -> Json:
        name, element = block["block_id"], block["element"]
        if not (text or uploads or block.get("optional")):
            raise ValueError(f"{name}: please complete this required field")
        if len(text or "") > element.get("max_length", 3000):
            raise ValueError(f"{name}: too long")
        value: Json = {"type": element["type"], "value": text or None}
        if element["type"] == "file_input":
            files = [self.add_file(author, *one) for one in uploads.items()]
            value = {"type": "file_input", "files": files}
        return {element["action_id"]: value}

    def close(self, view: Json, *, user: str = "alex") -> None:
        """Cancel a modal; the app hears of it when it asked to."""
        address = self._in_person(user)
        self.shut(view, address.user)
        if view["notify_on_close"]:
            self._interact("view_closed", address, {"view": view, "is_cleared": False})

    def open_home(self, user: str = "alex", tab: str = "home") -> Delivery:
        """Open the bot's App Home: https://docs.slack.dev/reference/events/app_home_opened."""
        address = self._in_person(user)
        event = {"type": "app_home_opened", "user": address.user, "channel": address.channel.id}
        home = self.homes.get(address.user)
        return self.happen(address.channel, event | {"tab": tab} | ({"view": home} if home else {}))

    def invite(self, channel: str, user: str = "alex") -> None:
        """Bring the bot in: https://docs.slack.dev/reference/events/member_joined_channel."""
        place, bot = self.channel(channel), cast.BOT_USER
        place.members.add(bot)
        self.tell(channel_state=room(place))
        told = {"user": bot, "inviter": self.person(user).id}
        text = f"<@{bot}> has joined the channel"
        self.say(place, bot, None, text=text, subtype=f"{place.kind}_join", **told)
        event = {"type": "member_joined_channel", "channel": place.id, "team": cast.TEAM_ID}
        self.happen(place, event | {"channel_type": place.id[0], **told})

    def _action(self, holder: Json, action_id: str, option: str | None) -> Json:
        items = [(block, one) for block in holder["blocks"] for one in elements(block)]
        found = {one.get("action_id"): (block, one) for block, one in items}
        block, element = found[action_id]
        action = {"block_id": block["block_id"], "action_ts": self.tick()}
        if element["type"] == "overflow":
            chosen = {one["value"]: one for one in element["options"]}[str(option)]
            return action | {"type": "overflow", "action_id": action_id, "selected_option": chosen}
        kept = ("type", "action_id", "text", "value", "style")
        return action | {key: element[key] for key in kept if key in element}

    def _in_person(self, user: str) -> Address:
        person = self.person(user)
        return Address(self.channel(person.id), person.id)

    def _interact(
        self,
        kind: str,
        address: Address,
        more: Json,
        outcome: Callable[[Delivery], None] = lambda delivery: None,
    ) -> Delivery:
        name = self.person(address.user).name
        user = {"id": address.user, "username": name, "name": name, "team_id": cast.TEAM_ID}
        payload = {"type": kind, "user": user, "enterprise": None, "is_enterprise_install": False}
        payload |= _COMMON | {"team": {"id": cast.TEAM_ID, "domain": "stand-in"}}
        payload |= {"trigger_id": self.trigger(address.user)} | more
        if "response_url" in more:
            place = address.channel
            payload["channel"] = {"id": place.id, "name": _PLACES.get(place.kind, place.name)}
        return self._ask("interactive", payload, address, outcome)

    def _ask(
        self, kind: str, payload: Json, address: Address, outcome: Callable[[Delivery], None]
    ) -> Delivery:
        def conclude(delivery: Delivery) -> None:
            try:
                if delivery.acknowledged:
                    return outcome(delivery)
            except Refusal as refusal:
                delivery.failures.append(str(refusal))
            # what Slackbot then says, as people report it: it stands on no page of Slack's
            slow = "timeout" in delivery.failures[-1]
            word = "operation_timeout" if slow else "dispatch_failed"
            text = f"{payload.get('command', 'Despool')} failed with the error “{word}”"
            self.whisper(address.channel, address.user, address.thread, text=text)
            return None

        payload = copy.deepcopy(payload)
        return self.courier.send(Delivery(payload=payload, kind=kind, outcome=conclude))


def room(channel: Channel) -> Json:
    """Return a channel as the page knows it, without what was said there."""
    named = {"id": channel.id, "name": channel.name, "kind": channel.kind}
    return named | {"archived": channel.is_archived, "members": sorted(channel.members)}
