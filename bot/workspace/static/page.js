// Draw the workspace and act in it. Message data reaches the document as text nodes only.
"use strict";

const $ = (id) => document.getElementById(id);
const state = { channels: new Map(), people: new Map(), bot: "", samples: [], channel: null, thread: null };

function el(tag, name = "", ...children) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...children);
  return node;
}

function button(label, name, act) {
  const node = el("button", name, label);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

// --- mrkdwn and Block Kit -------------------------------------------------------------------

const EMOJI = { white_check_mark: "✅", warning: "⚠️", x: "❌", lock: "🔒", mag: "🔍", information_source: "ℹ️",
  rotating_light: "🚨", hourglass: "⌛", floppy_disk: "💾", bulb: "💡", eyes: "👀", wave: "👋" };
const INLINE = new RegExp([
  "`([^`\\n]+)`", "<([^<>\\n]+)>",
  "(?<![\\w*])\\*(?=\\S)([^*\\n]*[^*\\s])\\*(?![\\w*])",
  "(?<![\\w_])_(?=\\S)([^_\\n]*[^_\\s])_(?![\\w_])",
  "(?<![\\w~])~(?=\\S)([^~\\n]*[^~\\s])~(?![\\w~])",
  ":([a-z0-9_+-]+):",
].join("|"), "g");

const plain = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const personName = (id) => state.people.get(id)?.name ?? id;

function link(url, label) {
  if (!/^(https?|mailto):/i.test(url)) return document.createTextNode(label);
  const node = el("a", "", label);
  node.href = url;
  node.target = "_blank";
  node.rel = "noopener noreferrer";
  return node;
}

function reference(inside) {
  const [target, label] = inside.split("|");
  if (target.startsWith("@")) return el("span", "mention", "@" + personName(target.slice(1)));
  if (target.startsWith("#")) return el("span", "mention", "#" + (state.channels.get(target.slice(1))?.name ?? label ?? target));
  if (target.startsWith("!date^")) return document.createTextNode(plain(label ?? ""));
  if (target.startsWith("!")) return el("span", "mention", plain(label ?? "@" + target.slice(1)));
  return link(plain(target), plain(label ?? target));
}

function inline(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(plain(text.slice(end, match.index)));
    const [all, code, inside, bold, italic, strike, emoji] = match;
    if (code !== undefined) nodes.push(el("code", "", plain(code)));
    else if (inside !== undefined) nodes.push(reference(inside));
    else if (bold !== undefined) nodes.push(el("b", "", ...inline(bold)));
    else if (italic !== undefined) nodes.push(el("i", "", ...inline(italic)));
    else if (strike !== undefined) nodes.push(el("s", "", ...inline(strike)));
    else nodes.push(Object.hasOwn(EMOJI, emoji) ? EMOJI[emoji] : all);
    end = match.index + all.length;
  }
  return [...nodes, plain(text.slice(end))];
}

function mrkdwn(text) {
  return text.split(/```\n?([\s\S]*?)\n?```\n?/).flatMap((part, index) => (index % 2 ? [el("pre", "", plain(part))] : lines(part)));
}

function lines(part) {
  const nodes = [];
  let quote = [];
  const endQuote = () => { if (quote.length) nodes.push(el("blockquote", "", ...inline(quote.join("\n")))); quote = []; };
  part.split("\n").forEach((line, index, all) => {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quoted) return quote.push(quoted[1]);
    endQuote();
    nodes.push(...inline(line + (index < all.length - 1 ? "\n" : "")));
  });
  endQuote();
  return nodes;
}

const textObject = (item) => (item?.type === "mrkdwn" ? mrkdwn(item.text) : [item?.text ?? item?.alt_text ?? ""]);

function run(item) {
  const style = item.style ?? {};
  let node = document.createTextNode(item.text ?? "");
  if (item.type === "link") node = link(item.url, item.text || item.url);
  else if (item.type === "user") node = el("span", "mention", "@" + personName(item.user_id));
  else if (item.type === "broadcast") node = el("span", "mention", "@" + item.range);
  else if (item.type === "emoji") node = document.createTextNode(EMOJI[item.name] ?? `:${item.name}:`);
  for (const [name, tag] of [["code", "code"], ["bold", "b"], ["italic", "i"], ["strike", "s"]]) {
    if (style[name]) node = el(tag, "", node);
  }
  return node;
}

function rich(item) {
  if (item.type === "rich_text_list") {
    return el(item.style === "ordered" ? "ol" : "ul", "rich-list", ...item.elements.map((one) => el("li", "", rich(one))));
  }
  const tags = { rich_text_preformatted: "pre", rich_text_quote: "blockquote" };
  return el(tags[item.type] ?? "div", "text", ...item.elements.map(run));
}

function drawnButton(item) {
  const node = button(item.text.text, item.style ?? "", () => toast("This button is not wired yet."));
  if (item.accessibility_label) node.setAttribute("aria-label", item.accessibility_label);
  return node;
}

const BLOCKS = {
  header: (block) => [el("div", "block header", block.text.text)],
  divider: () => [el("hr")],
  context: (block) => [el("div", "block context", ...block.elements.map((one) => el("span", "", ...textObject(one))))],
  actions: (block) => [el("div", "block actions", ...block.elements.map(drawnButton))],
  rich_text: (block) => block.elements.map(rich),
  image: (block) => [el("div", "block note", `[image: ${block.alt_text}]`)],
  markdown: (block) => [el("div", "block", block.text)],
  section: (block) => [
    ...(block.text ? [el("div", "block", ...textObject(block.text))] : []),
    ...(block.fields ? [el("div", "block fields", ...block.fields.map((one) => el("div", "", ...textObject(one))))] : []),
    ...(block.accessory ? [el("div", "block actions", drawnButton(block.accessory))] : []),
  ],
};

const draw = (blocks) => blocks.flatMap((block) => BLOCKS[block.type]?.(block) ?? [el("div", "note", `[${block.type}]`)]);

function attachment(item) {
  const node = el("div", "attachment");
  if (/^#?[0-9a-f]{6}$/i.test(item.color ?? "")) node.style.borderColor = "#" + item.color.replace("#", "");
  if (item.pretext) node.append(el("div", "text", ...mrkdwn(item.pretext)));
  if (item.title) node.append(el("b", "text", ...mrkdwn(item.title)));
  if (item.text) node.append(el("div", "text", ...mrkdwn(item.text)));
  for (const one of item.fields ?? []) node.append(el("div", "text", el("b", "", ...mrkdwn(one.title ?? "")), "\n", ...mrkdwn(one.value ?? "")));
  if (item.blocks) node.append(...draw(item.blocks));
  if (!node.childNodes.length) node.append(el("div", "text", plain(item.fallback ?? "")));
  return node;
}

// --- messages -------------------------------------------------------------------------------

function author(message) {
  for (const person of state.people.values()) {
    if (message.user === person.id || (message.username && message.username === person.real_name)) return person;
  }
  return { id: "", name: message.username ?? message.user ?? "?", real_name: message.username ?? message.user ?? "?", is_bot: Boolean(message.bot_id) };
}

function drawn(message, inThread) {
  const who = author(message);
  const hue = [...who.name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  const face = el("div", "face", who.real_name[0] ?? "?");
  face.style.background = `hsl(${hue} 45% 42%)`;
  face.ariaHidden = "true";
  const head = el("div", "", el("span", "who", who.real_name));
  if (who.is_bot) head.append(el("span", "badge", "APP"));
  const at = new Date(Number(message.ts) * 1000);
  head.append(el("span", "when", at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })));
  const body = el("div", "body", head);
  if (message.ephemeral_for) body.append(el("div", "note", `Only visible to ${personName(message.ephemeral_for)}`));
  if (message.blocks?.length) body.append(...draw(message.blocks));
  else if (message.text) body.append(el("div", "text", ...mrkdwn(message.text)));
  if (message.edited) body.append(el("span", "note", "(edited)"));
  body.append(...(message.attachments ?? []).map(attachment));
  body.append(...(message.files ?? []).map((file) => el("div", "file", el("b", "", file.name), el("span", "note", `${file.size.toLocaleString()} bytes`))));
  if (!inThread && message.reply_count) {
    const count = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
    body.append(button(count, "open", () => openThread(message.ts)));
  }
  const node = el("li", message.ephemeral_for ? "message ephemeral" : "message", face, body, tools(message, who, inThread));
  return node;
}

function tools(message, who, inThread) {
  const bar = el("div", "tools");
  if (message.ephemeral_for || message.subtype === "tombstone") return bar;
  if (!inThread) bar.append(button("Reply", "", () => openThread(message.ts)));
  if (!who.is_bot) {
    bar.append(button("Edit", "", () => edit(message, inThread ? "replier" : "composer")));
    bar.append(button("Delete", "", () => send("delete", { channel: state.channel, ts: message.ts })));
  }
  return bar;
}

const isRoot = (message) => !message.thread_ts || message.thread_ts === message.ts;

function fill(list, messages, inThread) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  list.replaceChildren(...messages.map((message) => drawn(message, inThread)));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function show() {
  const channel = state.channels.get(state.channel);
  const messages = [...channel.messages.values()].sort((a, b) => (a.ts < b.ts ? -1 : 1));
  fill($("messages"), messages.filter(isRoot), false);
  $("title").textContent = (channel.kind === "im" ? "" : "# ") + channel.name;
  const heard = channel.members.includes(state.bot);
  $("topic").textContent = channel.archived ? "archived" : heard ? "" : `@${personName(state.bot)} is not in this channel`;
  $("thread").hidden = !state.thread;
  if (state.thread) fill($("replies"), messages.filter((one) => one.ts === state.thread || one.thread_ts === state.thread), true);
  $("composer").hidden = channel.archived;
  $("composer").elements.text.placeholder = `Message ${channel.kind === "im" ? "" : "#"}${channel.name}`;
  listChannels();
}

function listChannels() {
  const item = (channel) => {
    const marks = [channel.id === state.channel && "current", channel.unread && "unread", !channel.members.includes(state.bot) && "absent"];
    const sign = { channel: "# ", group: "◆ ", im: "" }[channel.kind];
    const name = channel.kind === "im" ? `${channel.name} with ${personName(state.bot)}` : channel.name;
    return el("li", "", button(sign + name, marks.filter(Boolean).join(" "), () => openChannel(channel.id)));
  };
  const all = [...state.channels.values()];
  $("channels").replaceChildren(...all.filter((one) => one.kind !== "im").map(item));
  $("directs").replaceChildren(...all.filter((one) => one.kind === "im").map(item));
}

function openChannel(id) {
  Object.assign(state, { channel: id, thread: null });
  const channel = state.channels.get(id);
  channel.unread = false;
  if (channel.kind === "im") $("composer").elements.user.value = channel.members.find((one) => one !== state.bot);
  show();
  $("messages").scrollTop = $("messages").scrollHeight;
}

function openThread(ts) {
  state.thread = ts;
  show();
  $("replier").elements.user.value = $("composer").elements.user.value;
  $("replier").elements.text.focus();
}

// --- acting ---------------------------------------------------------------------------------

let toastTimer;
function toast(text) {
  clearTimeout(toastTimer);
  $("toast").textContent = text;
  $("toast").hidden = false;
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, 3000);
}

async function send(verb, fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) form.append(name, one);
  }
  const answer = await fetch(`/page/${verb}`, { method: "POST", body: form }).catch(() => null);
  if (!answer?.ok) toast("The workspace did not take it.");
  return Boolean(answer?.ok);
}

const typedAgain = (text) => plain(text.replace(/<@(\w+)>/g, (_, id) => "@" + personName(id)).replace(/<[^<>|]+\|([^<>]*)>/g, "$1").replace(/<([^<>]+)>/g, "$1"));

function edit(message, id) {
  const form = $(id);
  form.dataset.editing = message.ts;
  form.elements.text.value = typedAgain(message.text);
  form.querySelector(".editing").hidden = false;
  form.elements.text.focus();
}

function reset(form) {
  const user = form.elements.user.value;
  form.reset();
  form.elements.user.value = user;
  delete form.dataset.editing;
  form.querySelector(".editing").hidden = true;
  form.elements.text.style.height = "";
}

async function submit(form, inThread) {
  const { text, user, file } = form.elements;
  const place = { channel: state.channel, text: text.value };
  if (form.dataset.editing) {
    if (await send("edit", { ...place, ts: form.dataset.editing })) reset(form);
  } else if (text.value.trim() || file.files.length) {
    const thread = inThread ? { thread_ts: state.thread } : {};
    if (await send("post", { ...place, ...thread, user: user.value, file: [...file.files] })) reset(form);
  }
}

function prepare(form, inThread) {
  form.append($("box").content.cloneNode(true));
  const { text, file } = form.elements;
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(form, inThread); });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(form, inThread); }
  });
  text.addEventListener("input", () => { text.style.height = ""; text.style.height = `${text.scrollHeight}px`; });
  file.addEventListener("change", () => { if (file.files.length) toast([...file.files].map((one) => one.name).join(", ") + " will be sent along."); });
  form.querySelector(".editing button").addEventListener("click", () => reset(form));
}

// --- live -----------------------------------------------------------------------------------

function begin(news) {
  Object.assign(state, { bot: news.bot, samples: news.samples, people: new Map(news.people.map((one) => [one.id, one])) });
  state.channels = new Map(news.channels.map((one) => [one.id, { ...one, messages: new Map(one.messages.map((message) => [message.ts, message])) }]));
  for (const form of [$("composer"), $("replier")]) {
    const people = news.people.filter((one) => !one.is_bot || one.id !== news.bot);
    form.elements.user.replaceChildren(...people.map((one) => new Option(one.real_name, one.id)));
  }
  $("samples").replaceChildren(...news.samples.map(([title, text]) => button(title, "", () => {
    openChannel(news.channels[0].id);
    send("post", { channel: state.channel, user: $("composer").elements.user.value, text });
  })));
  const [, channel, thread] = /^#(\w+)(?:\/([\d.]+))?$/.exec(location.hash) ?? [];
  openChannel([state.channel, channel].find((id) => state.channels.has(id)) ?? news.channels[0].id);
  if (thread && state.channels.get(state.channel).messages.has(thread)) openThread(thread);
}

function hear(news) {
  if (news.channels) return begin(news);
  const { messages } = state.channels.get(news.channel);
  const known = messages.has(news.message.ts);
  if (news.message.deleted) messages.delete(news.message.ts);
  else messages.set(news.message.ts, news.message);
  if (news.channel !== state.channel) state.channels.get(news.channel).unread = true;
  else if (!known && news.message.thread_ts && news.message.user === state.bot && !state.thread) state.thread = news.message.thread_ts;
  show();
}

function connect() {
  const socket = new WebSocket(`ws://${location.host}/page/live`);
  socket.addEventListener("open", () => { $("status").textContent = ""; });
  socket.addEventListener("message", (event) => hear(JSON.parse(event.data)));
  socket.addEventListener("close", () => {
    $("status").textContent = "The workspace has stopped. Waiting for it…";
    setTimeout(connect, 1000);
  });
}

prepare($("composer"), false);
prepare($("replier"), true);
$("close").addEventListener("click", () => { state.thread = null; show(); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") { state.thread = null; show(); } });
connect();
