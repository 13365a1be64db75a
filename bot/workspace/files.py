"""files.*: describe a file, and upload one in Slack's three steps."""

from __future__ import annotations

from typing import Any

from bot.workspace.methods import Answer, Call, Method
from bot.workspace.refusal import Refusal


def info(call: Call) -> Answer:
    """Describe a file: https://docs.slack.dev/reference/methods/files.info."""
    return {"file": _file(call, call.text("file")), "comments": []}


def upload_url(call: Call) -> Answer:
    """Give an address to upload to: https://docs.slack.dev/reference/methods/files.getUploadURLExternal."""
    length = call.text("length")
    if not call.text("filename") or not length.isdigit() or int(length) == 0:
        raise Refusal("invalid_arguments")
    file = call.team.add_file(call.team.bot, call.text("filename"), b"")
    return {"file_id": file["id"], "upload_url": f"{call.base_url}upload/v1/{file['id']}"}


def complete_upload(call: Call) -> Answer:
    """Share uploaded files: https://docs.slack.dev/reference/methods/files.completeUploadExternal."""
    named = call.structure("files", "invalid_arguments")
    if not isinstance(named, list) or not named:
        raise Refusal("invalid_arguments")
    found = [_file(call, str(one.get("id"))) | {"title": one.get("title")} for one in named]
    if any(not call.team.contents[file["id"]] for file in found):
        raise Refusal("file_not_found")  # its bytes were never uploaded
    if call.text("channel_id"):
        _share(call, found)
    return {"files": found}


def _share(call: Call, files: list[dict[str, Any]]) -> None:
    channel = call.team.channels.get(call.text("channel_id"))
    if channel is None:
        raise Refusal("channel_not_found")
    bot, thread_ts = call.team.bot, call.text("thread_ts") or None
    if bot.id not in channel.members:
        raise Refusal("not_in_channel")
    if thread_ts and thread_ts not in channel.messages:
        raise Refusal("thread_not_found")
    call.team.post(channel, bot, thread_ts, text=call.text("initial_comment"), files=files)
    call.team.share(channel, bot, files)


def _file(call: Call, file_id: str) -> dict[str, Any]:
    file = call.team.files.get(file_id)
    if file is None:
        raise Refusal("file_not_found")
    return file


METHODS = {
    "files.info": Method(run=info, scopes=("files:read",)),
    "files.getUploadURLExternal": Method(run=upload_url, scopes=("files:write",)),
    "files.completeUploadExternal": Method(run=complete_upload, scopes=("files:write",)),
}
