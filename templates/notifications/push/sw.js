// The worker of the installed app: shows what is pushed, acknowledges from the notification, and says so when there is
// no connection. It keeps one public page for that case and nothing else; nothing private is ever stored.
"use strict";

const WORDS = {{ words|safe }};
const KEPT = {{ kept|safe }};
const ICON = {{ icon|safe }};
const BADGE = {{ badge|safe }};
const SHELL = `tocsin ${KEPT.join(" ")}`;
const DEVICE = "tocsin-device";
const PATIENCE = 15000;
const TRIES = 4;

// --- Without a connection

self.addEventListener("install", (event) => event.waitUntil(installed()));
self.addEventListener("activate", (event) => event.waitUntil(activated()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => kept(KEPT[0])));
  else if (KEPT.includes(new URL(request.url).pathname)) {
    event.respondWith(fetch(request).catch(() => kept(request.url)));
  }
});

async function installed() {
  try {
    const shell = await caches.open(SHELL);
    await shell.addAll(KEPT.map((url) => new Request(url, { credentials: "omit", cache: "reload" })));
  } catch {
    // A full disk must not keep pages from arriving.
  }
  await self.skipWaiting();
}

async function activated() {
  const old = (await caches.keys()).filter((name) => name !== SHELL && name !== DEVICE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function kept(url) {
  return (await caches.match(url)) || Response.error();
}

// --- What arrives

self.addEventListener("push", (event) => event.waitUntil(arrived(read(event.data))));

function read(data) {
  try {
    return data.json();
  } catch {
    // A push must show something, or the browser takes the permission away.
    return { title: WORDS.unreadable, tag: "unreadable", url: "/" };
  }
}

async function arrived(page) {
  await show(page, page.title, {
    body: page.body || "",
    actions: page.actions || [],
    silent: Boolean(page.quiet),
    renotify: Boolean(page.renotify),
    requireInteraction: Boolean(page.sticky),
  });
  if (page.report) await reported(page);
}

function show(page, title, options) {
  return self.registration.showNotification(title, {
    tag: page.tag || "tocsin",
    icon: ICON,
    badge: BADGE,
    timestamp: page.at || Date.now(),
    data: page,
    ...(options.renotify && !options.silent ? { vibrate: [300, 150, 300, 150, 600] } : {}),
    ...options,
  });
}

// That it arrived, and the code if it brought one. The answer is what is needed when the subscription changes.
async function reported(page) {
  const answer = await posted("/hooks/push/seen", { report: page.report, code: page.code || "" }, TRIES);
  if (answer && answer.ok) await remember(await answer.json());
}

// --- What is pressed

self.addEventListener("notificationclick", (event) => {
  event.waitUntil(clicked(event.notification, event.action));
});

async function clicked(notification, action) {
  const page = notification.data || {};
  notification.close();
  if (page.token && (action === "acknowledge" || (page.failed && !action))) return acknowledged(page);
  // Where a notification has no buttons (iOS, Firefox) a tap leads to the page with one big button.
  const hasButtons = (self.Notification?.maxActions ?? 0) > 0;
  await opened(!hasButtons && page.ack_url && !action ? page.ack_url : page.url || "/");
  if (page.report) await posted("/hooks/push/seen", { report: page.report, read: true }, 1);
}

async function acknowledged(page) {
  const answer = await posted("/hooks/push/answer", { token: page.token, verb: "acknowledge" }, 1);
  if (!answer || answer.status >= 500 || answer.status === 429) return unsent(page, !answer);
  const said = await answer.json().catch(() => ({}));
  return show({ ...page, token: "", ack_url: "", failed: false }, said.text || page.title, {
    body: page.title,
    actions: page.url ? [{ action: "open", title: WORDS.open }] : [],
    silent: true,
  });
}

// It stays until it was tried again: nobody may believe that somebody has it.
function unsent(page, isOffline) {
  return show({ ...page, failed: true }, isOffline ? WORDS.offline : WORDS.broken, {
    body: page.title,
    actions: [{ action: "acknowledge", title: WORDS.again }, ...(page.url ? [{ action: "open", title: WORDS.open }] : [])],
    renotify: true,
    requireInteraction: true,
  });
}

async function opened(address) {
  const url = new URL(address, self.location.origin).href;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((each) => each.url === url);
  return there ? there.focus() : self.clients.openWindow(url);
}

// --- When the browser's maker moves it to another endpoint

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renewed(event)));

async function renewed({ oldSubscription, newSubscription }) {
  const device = await remembered();
  if (!device) return;
  const applicationServerKey = oldSubscription?.options?.applicationServerKey || device.key;
  const options = { userVisibleOnly: true, applicationServerKey };
  const fresh = newSubscription || (await self.registration.pushManager.subscribe(options));
  await posted("/hooks/push/replace", { device: device.device, subscription: fresh.toJSON() }, TRIES);
}

async function remember(device) {
  const box = await caches.open(DEVICE);
  await box.put("/device", new Response(JSON.stringify(device)));
}

async function remembered() {
  const found = await caches.match("/device", { cacheName: DEVICE });
  return found ? found.json() : null;
}

// --- Requests: the token in the body counts, never a session.

async function posted(path, body, tries) {
  for (let number = 1; ; number += 1) {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    }).catch(() => null);
    const isOver = answer && answer.status !== 425 && answer.status < 500;
    if (isOver || number >= tries) return answer;
    await new Promise((resolve) => setTimeout(resolve, number * 1000));
  }
}
