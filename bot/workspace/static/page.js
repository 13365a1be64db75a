// Draw the workspace and act in it. Message data reaches the document as text nodes only.
const state = { people: new Map(), channels: new Map(), ephemerals: new Map(), channel: null, tab: "messages", thread: null };
const $ = (id) => document.getElementById(id), here = () => state.channels.get(state.channel), bot = () => state.people.get(state.bot);
const on = (node, names, act) => names.split(" ").forEach((name) => node.addEventListener(name, act));
function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(typeof props === "string" ? { class: props } : props)) {
    if (value instanceof Function) on(node, name, value); else if (value || value === 0) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child || child === ""));
  return node;
}
const button = (props, ...children) => el("button", { type: "button", ...props }, ...children);
const note = (text) => text && el("span", "note", text), mention = (text) => el("span", "mention", text);
const each = (list, draw) => (list ?? []).map((item) => draw(item));
// Redraw only what changed, so that focus, scrolling and what is being typed stay. An entry is [key, stamp, item].
function refill(list, entries, draw) {
  const keys = new Set(entries.map(([key]) => key));
  for (const node of [...list.children]) if (!keys.has(node.key)) node.remove();
  entries.forEach(([key, stamp, item], index) => {
    const there = list.children[index];
    if (there?.key !== key) list.insertBefore(Object.assign(draw(item), { key, stamp }), there ?? null);
    else if (there.stamp !== stamp) swap(there, Object.assign(draw(item), { key, stamp }));
  });
}
function swap(old, fresh) {
  const focus = document.activeElement, had = old.contains(focus), action = focus.dataset.action; old.replaceWith(fresh);
  const same = action && fresh.querySelector(`[data-action="${CSS.escape(action)}"]`);
  if (had) (same || fresh.querySelector("button"))?.focus({ preventScroll: true });
}
// --- mrkdwn and rich text: docs.slack.dev/messaging/formatting-message-text --------------------------
const paired = (mark) => `(?<![\\w${mark}])[${mark}](?=\\S)([^${mark}\\n]*[^${mark}\\s])[${mark}](?![\\w${mark}])`;
const INLINE = new RegExp(["`([^`\\n]+)`", "<([^<>\\n]+)>", ...["*", "_", "~"].map(paired)].join("|"), "g");
const plain = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const personName = (id) => state.people.get(id)?.name ?? id;
// What a person would have typed to get this text: mentions and links lose their angle brackets.
const typed = (text) => plain(text.replace(/<@(\w+)>/g, (_, id) => "@" + personName(id)).replace(/<(?:[^<>|]+\|)?([^<>]*)>/g, "$1"));
const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString("en-GB", { timeStyle: "short" });
const link = (url, text) => (/^(https?|mailto):/i.test(url) ? el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text) : text);
function reference(inside) {
  const [target, text] = inside.split("|").map(plain), id = target.slice(1);
  if (target.startsWith("@")) return mention("@" + personName(id));
  return /^[#!]/.test(target) ? mention(text ?? target) : link(target, text ?? target);
}
function inline(text) {
  const nodes = []; let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [all, code, inside, bold, italic, strike] = match, tag = bold ? "b" : italic ? "i" : "s";
    nodes.push(plain(text.slice(end, match.index)), code ? el("code", "", typed(code)) : inside ? reference(inside)
      : el(tag, "", ...inline(bold ?? italic ?? strike)));
    end = match.index + all.length;
  }
  return [...nodes, plain(text.slice(end))];
}
const mrkdwn = (text) => text.split(/```\n?([\s\S]*?)\n?```\n?/)
  .flatMap((part, index) => (index % 2 ? [el("pre", "", typed(part))] : inline(part)));
const words = (item) => (item?.type === "mrkdwn" ? mrkdwn(item.text) : [item && plain(item.text)]);
const RUNS = { link: (item) => link(item.url, item.text ?? item.url), user: (item) => mention("@" + personName(item.user_id)) };
const rich = ({ type, elements }) => el(type === "rich_text_preformatted" ? "pre" : "div", "text",
  ...each(elements, (one) => RUNS[one.type]?.(one) ?? one.text));
// --- Block Kit; `target` is the verb and the ids that a click in these blocks is sent with -----------
const press = (node, { action_id }, { verb, ...ids }, value) => busy(node, () => send(verb, { ...ids, action_id, ...(value && { value }) }));
async function busy(node, work) {
  if (node.ariaBusy === "true") return undefined;
  node.ariaBusy = "true"; return work().finally(() => { node.ariaBusy = "false"; });
}
const ELEMENTS = {
  button: (item, target) => button({ class: item.style, "data-action": item.action_id, "aria-label": item.accessibility_label,
    click: (event) => press(event.currentTarget, item, target) }, item.text.text),
  overflow: (item, target) => button({ "data-action": item.action_id, "aria-label": "More options", "aria-haspopup": "menu",
    click: ({ currentTarget: opener }) => openMenu(opener, each(item.options, ({ text, value, description }) => ({ text: text.text, option: value,
      hint: description?.text, act: () => press(opener, item, target, value) }))) }, "⋯"),
};
const element = (item, target) => ELEMENTS[item.type]?.(item, target) ?? el("span", "", ...words(item));
const INPUTS = {
  plain_text_input: (item, props) => el(item.multiline ? "textarea" : "input", { ...props, rows: 9, maxlength: item.max_length }),
  file_input: (item, props) => el("input",
    { ...props, type: "file", multiple: item.max_files !== 1, accept: each(item.filetypes, (kind) => "." + kind).join() }),
};
function input({ element: item, block_id: name, label, hint: told, optional }) {
  return el("div", "input", el("label", { for: name }, label.text, note(optional && " (optional)")),
    INPUTS[item.type](item, { name, id: name, "aria-describedby": `${name}-problem` }),
    note(told?.text), el("p", { class: "problem", id: `${name}-problem`, role: "alert" }));
}
const BLOCKS = {
  header: (block) => el("div", { class: "header", role: "heading", "aria-level": 3 }, plain(block.text.text)),
  input, divider: () => el("hr", ""), rich_text: (block) => el("div", "", ...each(block.elements, rich)),
  context: (block) => el("div", "context", ...each(block.elements, element)),
  actions: (block, target) => el("div", "actions", ...each(block.elements, (one) => element(one, target))),
  section: ({ text, fields }) => el("div", "section", el("div", "text", ...words(text)),
    fields && el("div", "fields", ...each(fields, (one) => el("div", "", ...words(one))))),
};
const drawBlock = (block, target) => el("div", "block", BLOCKS[block.type]?.(block, target) ?? note(`[${block.type}]`));
const refillBlocks = (node, { id, blocks }) => refill(node, blocks.map((block, index) => [index,
  JSON.stringify([id, block]), block]), (block) => drawBlock(block, { verb: "click_view", view_id: id }));
function attachment({ title, text, fallback }) {
  return el("div", "attachment text", title && el("b", "", ...mrkdwn(title), "\n"), ...mrkdwn(text ?? (title ? "" : fallback ?? "")));
}
// --- menus and questions -----------------------------------------------------------------------------
function openMenu(opener, items) {
  const menu = $("menu"), { bottom, left, top } = opener.getBoundingClientRect();
  (opener.closest("dialog") ?? document.body).append(menu); // what lies outside an open modal cannot be clicked
  menu.replaceChildren(...each(items, ({ text, hint, option, style, act }) => button({ role: "menuitem", class: style, "data-option": option,
    click: () => { menu.hidePopover(); opener.focus(); act(); } }, text, note(hint))));
  menu.showPopover(); menu.style.left = `${Math.max(8, Math.min(left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${bottom + menu.offsetHeight + 8 < innerHeight ? bottom + 4 : Math.max(8, top - menu.offsetHeight - 4)}px`;
  menu.firstElementChild.focus();
}
function steer(event) {
  const items = [...$("menu").children], at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (event.key === "Tab") $("menu").hidePopover();
  if (next !== undefined) { event.preventDefault(); items.at(next % items.length).focus(); }
}
function remove(place) {
  $("confirm").returnValue = ""; $("confirm").showModal();
  $("confirm").onclose = () => { if ($("confirm").returnValue === "yes") send("delete", place); };
}
function toast(text) { $("toast").textContent = text; $("toast").togglePopover(true); }
// --- messages ----------------------------------------------------------------------------------------
const heard = (channel) => channel.members.includes(state.bot), isRoot = (message) => (message.thread_ts ?? message.ts) === message.ts;
const visible = (channel) => channel.kind === "channel" || channel.members.includes(state.me);
const partner = (channel) => state.people.get(channel.members.find((id) => id !== state.me)).real_name;
const roomName = (channel) => (channel.kind === "im" ? partner(channel) : (channel.kind === "group" ? "◆ " : "#") + channel.name);
const size = (bytes) => (bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toLocaleString([], { maximumFractionDigits: 1 })} KB`);
const fileCard = (file) => el("figure", { class: "file", "data-file": file.id }, el("figcaption", "", el("b", "", file.name),
  note(`${file.mode === "snippet" ? "Snippet, " : ""}${size(file.size)}`)), file.preview && el("pre", "", plain(file.preview)));
const author = ({ user, username }) => [...state.people.values()].find((one) => one.id === user || one.real_name === username)
  ?? { name: "app", real_name: username ?? "Slackbot", is_bot: true };
function drawn(message, list) {
  const who = author(message), { ts, text = "", ephemeral_for: secret, reply_count: count } = message, root = list.id === "messages";
  const target = { verb: "click", channel: state.channel, ts }, hue = (who.name.charCodeAt(0) + 2 * who.name.length) % 5;
  const blocks = message.blocks?.length ? each(message.blocks, (one) => drawBlock(one, target)) : [el("div", "text", ...mrkdwn(text))];
  const body = el("div", "body", secret && el("div", "note", "Only visible to you"),
    el("div", "", el("b", "", who.real_name), who.is_bot && el("span", "badge", "APP"), el("time", "when", clock(ts))),
    el("div", who.id === state.bot ? "" : "typed", ...blocks), message.edited && note("(edited)"),
    ...each(message.attachments, attachment), ...each(message.files, fileCard),
    secret && button({ class: "plain", click: () => { state.ephemerals.delete(ts); show(); } }, "Dismiss"),
    root && count && button({ class: "plain", "data-thread": ts, click: () => openThread(ts) },
      el("b", "", count === 1 ? "1 reply" : `${count} replies`), note(` last at ${clock(message.latest_reply)}`)));
  return el("li", { class: secret ? "message ephemeral" : "message", "data-ts": ts },
    el("span", { class: `face face${hue}`, "aria-hidden": "true" }, who.real_name[0]), body, tools(message, root));
}
function tools(message, root) {
  const place = { channel: state.channel, ts: message.ts };
  if (message.ephemeral_for || message.subtype === "tombstone" || here().archived) return undefined;
  const items = each(state.shortcuts, ({ title, callback_id }) => ({ text: title, option: callback_id, hint: bot().real_name,
    act: () => send("shortcut", { ...place, callback_id }) }));
  if (message.user === state.me) items.push({ text: "Edit message", option: "edit", act: () => edit(message, $(root ? "composer" : "replier")) },
    { text: "Delete message…", option: "delete", style: "danger", act: () => remove(place) });
  return el("div", "tools", root && button({ "aria-label": "Reply in thread", "data-tool": "reply", click: () => openThread(message.ts) }, "Reply"),
    button({ title: "More actions", "aria-label": "More actions", "aria-haspopup": "menu", "data-tool": "more",
      click: (event) => openMenu(event.currentTarget, items) }, "⋯"));
}
function fill(list, messages) {
  const newest = messages.at(-1), last = list.lastElementChild, fresh = newest?.ts !== last?.key;
  const follows = fresh && (list.atEnd || [newest?.user, newest?.ephemeral_for].includes(state.me));
  refill(list, messages.map((message) => [message.ts, message, message]), (message) => drawn(message, list));
  if (newest && (!last || follows)) list.scrollTop = list.lastElementChild.offsetTop - 8; // a tall message is read from its top
}
// What is shown follows from `state` alone; this brings the page into line with it.
function show() {
  const channel = here(), home = state.tab === "home", silent = home || channel.archived, app = channel.kind === "im" && heard(channel);
  const own = [...state.ephemerals.values()].filter((one) => one.channel === state.channel && one.ephemeral_for === state.me);
  const all = [...channel.messages.values(), ...own].sort((a, b) => (a.ts < b.ts ? -1 : 1));
  for (const [id, value] of Object.entries({ tabs: !app, home: !home, messages: home, samples: silent, composer: silent,
    absent: silent || heard(channel), thread: !state.thread })) $(id).hidden = value;
  for (const id of ["title", "place"]) $(id).textContent = roomName(channel) + (channel.archived ? ", archived" : "");
  for (const tab of $("tabs").children) tab.ariaSelected = String(tab.dataset.tab === state.tab);
  $("composer").text.placeholder = `Message ${roomName(channel)}`;
  $("tabs").lastElementChild.dataset.news = channel.unread ? `(${channel.unread})` : "";
  refillBlocks($("home"), (home && state.homes[state.me]) || { blocks: [] }); if (!home) fill($("messages"), all.filter(isRoot));
  if (state.thread) fill($("replies"), all.filter((one) => [one.ts, one.thread_ts].includes(state.thread)));
  listRooms();
}
function listRooms() {
  const kind = (one) => (one.kind !== "im" ? "channels" : heard(one) ? "apps" : "directs");
  for (const id of ["channels", "apps", "directs"]) {
    const rooms = [...state.channels.values()].filter((one) => visible(one) && kind(one) === id);
    refill($(id), rooms.map((one) => [one.id, [state.me, one.id === state.channel, one.unread, one.members].join(), one]), (one) => el("li", "",
      button({ class: one.unread ? "unread" : (one.archived || !heard(one)) && "absent", "aria-current": one.id === state.channel && "page",
        "data-channel": one.id, click: () => go(one.id) }, roomName(one) + (one.unread ? ` (${one.unread})` : ""))));
    $(id).hidden = $(id).previousElementSibling.hidden = !rooms.length;
  }
}
// --- going about -------------------------------------------------------------------------------------
function go(id, thread = null, tab = "messages") {
  const moved = id !== state.channel;
  if (moved) { reset($("composer")); $("messages").replaceChildren(); }
  if (moved || thread !== state.thread) { reset($("replier")); $("replies").replaceChildren(); }
  Object.assign(state, { channel: id, thread, tab }); document.body.classList.remove("drawn"); if (tab !== "home") here().unread = 0;
  history.replaceState(null, "", `#${id}${thread ? `/${thread}` : tab === "home" ? "/home" : ""}`); show();
  if (tab === "home") send("home", {});
}
const openThread = (ts) => { go(state.channel, ts); $("replier").text.focus(); };
function closeThread() {
  const opener = document.querySelector(`[data-thread="${state.thread}"]`); go(state.channel, null, state.tab);
  (opener ?? $("composer").text).focus({ preventScroll: true });
}
function follow(hash) {
  const [, id, ts] = /^#(\w+)(?:\/([\w.]+))?$/.exec(hash) ?? [], channel = state.channels.get(id), message = channel?.messages.get(ts);
  if (channel) go(id, message ? message.thread_ts ?? ts : null, ts === "home" ? "home" : "messages");
  return Boolean(channel);
}
function become(id) {
  state.me = $("person").value = id; for (const list of ["messages", "replies", "home"]) $(list).replaceChildren();
  const room = visible(here()) ? here() : [...state.channels.values()].find((one) => one.kind === here().kind && visible(one));
  go(room?.id ?? state.first, room === here() ? state.thread : null, state.tab); showView();
}
// --- acting ------------------------------------------------------------------------------------------
async function send(verb, fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ user: state.me, ...fields })) for (const one of [value].flat()) form.append(name, one);
  const answer = await fetch(`/page/${verb}`, { method: "POST", body: form }).catch(() => null);
  if (answer?.ok) return answer.json();
  return toast((await answer?.text()) || "The workspace does not answer. Its program may have stopped.");
}
function reset(form, text = "", files = [], editing = null) {
  Object.assign(form, { files, editing }).text.value = text; form.querySelector(".editing").hidden = !editing; typing(form);
}
function edit(message, form) { reset(form, typed(message.text), [], message.ts); form.text.focus(); }
async function submit(form) {
  const { text: { value: text }, files, editing } = form, { channel } = state;
  if (!text.trim() && !files.length) return;
  reset(form);
  const done = editing ? await send("edit", { channel, ts: editing, text })
    : await send("post", { channel, text, file: files, ...(form.id === "replier" && { thread_ts: state.thread }) });
  if (!done && !form.text.value) reset(form, text, files, editing);
}
function typing(form) {
  form.text.style.height = ""; form.text.style.height = `${form.text.scrollHeight}px`;
  form.querySelector(".chips").replaceChildren(...each(form.files, (file) => el("li", "", `${file.name} `, note(size(file.size)),
    button({ "aria-label": `Remove ${file.name}`, click: () => attach(form, form.files.filter((one) => one !== file)) }, "✕"))));
  form.classList.toggle("ready", Boolean(form.text.value.trim() || form.files.length)); hint(form);
}
function attach(form, files) { form.files = [...files]; typing(form); form.text.focus(); }
function suggestions({ text, id }) {
  const before = text.value.slice(0, text.selectionStart), word = before.split(" ")[0], at = `@${bot()?.name} `;
  if (!/^\/.*$/.test(before)) return [];
  if (id === "replier") return [{ name: at, description: "Slash commands do not run in threads: mention the app", value: at }];
  const commands = [...state.commands, { name: "/invite", hint: at, description: "Bring the app into this channel" }];
  return commands.filter((one) => one.name.startsWith(word) && (one.name === word || !before.includes(" ")))
    .map((one) => ({ ...one, value: before.includes(" ") ? before : `${one.name} ` }));
}
const complete = (form, { value }) => { form.text.setRangeText(value, 0, form.text.selectionStart, "end"); typing(form); };
function hint(form) {
  const list = form.querySelector(".hints"), found = document.activeElement === form.text ? suggestions(form) : [];
  form.found = found; list.hidden = !found.length;
  list.replaceChildren(...each(found, (one) => el("li", { mousedown: (event) => { event.preventDefault(); complete(form, one); } },
    el("b", "", one.name), ` ${one.hint ?? ""}`, note(one.description))));
}
function key(form, event) {
  const [one] = form.found, sends = event.key === "Enter" && !event.shiftKey && !event.isComposing, escapes = event.key === "Escape";
  if (one && one.value.trimEnd() !== form.text.value.trimEnd() && (sends || (event.key === "Tab" && !event.shiftKey))) complete(form, one);
  else if (one && escapes) { form.found = []; form.querySelector(".hints").hidden = true; }
  else if (form.editing && escapes) reset(form);
  else if (sends) submit(form);
  else return;
  event.preventDefault(); event.stopPropagation();
}
function pasted(form, event) {
  const { files } = event.clipboardData, text = event.clipboardData.getData("text/plain").replaceAll("\r\n", "\n");
  if (!files.length && text.length < 4000) return;
  event.preventDefault(); // also of a long text: the browser's own way of inserting a log takes seconds
  if (!files.length) form.text.setRangeText(text, form.text.selectionStart, form.text.selectionEnd, "end");
  attach(form, [...form.files, ...files]);
}
function prepare(form) {
  form.append($("box").content.cloneNode(true));
  Object.assign(form, { text: form.querySelector("textarea"), files: [], found: [] }).text.placeholder = "Reply…";
  const area = form.parentElement, list = area.querySelector("ol"), picker = form.querySelector("[type=file]");
  on(form, "submit", () => submit(form)); on(form.text, "keydown", (event) => key(form, event));
  on(form.text, "input", () => typing(form)); on(form.text, "blur focus click", () => hint(form));
  on(form.text, "paste", (event) => pasted(form, event));
  on(picker, "change", () => { attach(form, [...form.files, ...picker.files]); picker.value = ""; });
  on(form.querySelector(".editing button"), "click", () => reset(form));
  on(area, "dragover dragleave drop", (event) => area.classList.toggle("over", event.type === "dragover"));
  on(area, "drop", (event) => attach(form, [...form.files, ...event.dataTransfer.files]));
  on(list, "scroll", () => { list.atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80; });
  new ResizeObserver(() => { if (list.atEnd) list.scrollTop = list.scrollHeight; }).observe(list);
}
// --- modals ------------------------------------------------------------------------------------------
function showView() {
  const modal = $("modal"), view = state.views[state.me];
  if (!view) return modal.close();
  if (modal.dataset.view !== view.id) $("modal-blocks").replaceChildren();
  for (const id of ["title", "submit", "close"]) $(`modal-${id}`).textContent = view[id]?.text ?? "Close";
  modal.dataset.view = view.id; $("modal-submit").hidden = !view.submit; refillBlocks($("modal-blocks"), view);
  if (!modal.open) { modal.showModal(); $("modal-blocks").querySelector("textarea, input")?.focus(); }
}
const closeView = () => send("close", { view_id: $("modal").dataset.view });
async function submitView(form) {
  const data = { view_id: $("modal").dataset.view };
  for (const [name, value] of new FormData(form)) if (!(value instanceof File) || value.size) data[name] = [data[name] ?? [], value].flat();
  const errors = (await busy($("modal-submit"), () => send("submit", data)))?.errors ?? {};
  for (const problem of form.querySelectorAll(".problem")) problem.textContent = errors[problem.id.replace(/-problem$/, "")] ?? "";
  $(Object.keys(errors)[0])?.focus();
}
// --- live --------------------------------------------------------------------------------------------
function begin(news) {
  const byKey = (list, name) => new Map(list.map((one) => [one[name], one])), people = news.people.filter((one) => !one.is_bot);
  for (const name of ["bot", "shortcuts", "commands", "homes", "views"]) state[name] = news[name];
  state.people = byKey(news.people, "id");
  state.channels = byKey(news.channels.map((one) => ({ ...one, messages: byKey(one.messages, "ts") })), "id");
  Object.assign(state, { ephemerals: byKey(news.ephemerals, "ts"), first: news.channels[0].id, me: state.me ?? people[0].id });
  $("person").replaceChildren(...people.map((one) => new Option(one.real_name, one.id))); $("person").value = state.me;
  $("absent").firstElementChild.textContent = `${bot().real_name} is not in this channel and hears nothing here.`;
  $("invite").textContent = `/invite @${bot().name}`;
  $("samples").replaceChildren(note("New here? Click a sample, then open its thread:"), ...each(news.samples, (title) => button(
    { "data-sample": title, click: () => { go(state.first); send("sample", { title }); } }, title)));
  if (!follow(location.hash)) go(state.first);
  showView();
}
function hear(news) {
  if (news.channels) return begin(news);
  if ("view" in news) { state.views[news.user] = news.view; return showView(); }
  const message = news.ephemeral ?? news.message, channel = state.channels.get(news.channel ?? message?.channel);
  if (news.home) state.homes[news.user] = news.home;
  else if (news.channel_state) state.channels.get(news.channel_state.id).members = news.channel_state.members;
  else keep(news.ephemeral ? state.ephemerals : channel.messages, message, channel);
  show();
}
function keep(messages, message, channel) {
  const known = messages.has(message.ts), others = message.user !== state.me && [undefined, state.me].includes(message.ephemeral_for);
  if (message.deleted) messages.delete(message.ts); else messages.set(message.ts, message);
  if (known || message.deleted || !others) return;
  if (channel.id !== state.channel || state.tab === "home") channel.unread = (channel.unread ?? 0) + 1;
  else $("news").textContent = `${author(message).real_name}: ${typed(message.text ?? "").slice(0, 200)}`;
}
function connect() {
  const socket = new WebSocket(`ws://${location.host}/page/live`);
  on(socket, "message", (event) => { $("status").hidden = true; hear(JSON.parse(event.data)); });
  on(socket, "close", () => { $("status").hidden = false; setTimeout(connect, 1000); });
}
for (const id of ["composer", "replier"]) prepare($(id));
for (const tab of $("tabs").children) on(tab, "click", () => go(state.channel, null, tab.dataset.tab));
const CLICKS = { "modal-x": closeView, "modal-close": closeView, close: closeThread, drawer: () => document.body.classList.toggle("drawn"),
  invite: () => send("post", { channel: state.channel, text: $("invite").textContent }),
  "confirm-yes": () => $("confirm").close("yes"), "confirm-no": () => $("confirm").close() };
for (const [id, act] of Object.entries(CLICKS)) on($(id), "click", act);
on($("menu"), "keydown", steer); on($("person"), "change", () => become($("person").value));
on($("modal"), "cancel", (event) => { if (event.target === $("modal")) closeView(); }); // a file dialog's bubbles up to here
on($("modal").firstElementChild, "submit", (event) => submitView(event.target)); on(window, "hashchange", () => follow(location.hash));
on(document, "submit dragover drop", (event) => event.preventDefault());
on(document, "keydown", ({ key: pressed }) => {
  if (pressed === "Escape" && state.thread && !document.querySelector("dialog[open], :popover-open")) closeThread();
});
on(document, "click", (event) => {
  const url = event.target.closest?.("a"), [, id, whole, part] = /\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(url?.pathname ?? "") ?? [];
  if (id && url.host === location.host && follow(`#${id}/${whole}.${part}`)) event.preventDefault();
});
connect();
