// What pages do beyond links and forms. Every page works without it. No eval, no inline code: the policy forbids both.
(() => {
  "use strict";

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const words = (name, value) => (document.getElementById("words")?.dataset[name] || "").replace("{}", value);
  const visible = (element) => element.getClientRects().length > 0;
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
  const remember = {
    get: (key) => { try { return sessionStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { sessionStorage.setItem(key, value); } catch { /* private mode: nothing is kept */ } },
    drop: (key) => { try { sessionStorage.removeItem(key); } catch { /* the same */ } },
  };

  // --- Times: the words of lib/moments.py, kept true on an open page
  const DAY = 86400;
  const units = (seconds, both) => {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    const join = (large, small) => (both && small ? `${large} ${small}` : large);
    if (seconds < 60) return words("seconds", seconds);
    if (minutes < 60) return words("minutes", minutes);
    if (hours < 24) return join(words("hours", hours), minutes % 60 && words("minutes", minutes % 60));
    return join(words(days === 1 ? "day" : "days", days), hours % 24 && words("hours", hours % 24));
  };
  const refreshTimes = () => {
    for (const element of all("time[data-relative]")) {
      const distance = (Date.now() - Date.parse(element.dateTime)) / 1000, length = Math.floor(Math.abs(distance));
      let text = words(distance > 0 ? "ago" : "in", units(length, false));
      if (length < 10) text = words("now");
      if (length >= 7 * DAY) text = element.dataset.absolute;
      if (text && element.textContent !== text) element.textContent = text;
    }
  };
  const tick = () => {
    for (const element of all("[data-since]")) {
      const text = units(Math.max(0, Math.floor((Date.now() - Date.parse(element.dataset.since)) / 1000)), true);
      if (element.textContent !== text) element.textContent = text;
    }
  };

  // --- Toasts: only for what no page can say, such as a lost connection
  const toast = (text, bad) => {
    const line = document.createElement("div"), close = document.createElement("button");
    line.className = bad ? "toast-line is-bad" : "toast-line";
    line.append(text);
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", words("close"));
    close.addEventListener("click", () => line.remove());
    line.append(close);
    document.getElementById("toasts").append(line);
    if (!bad) setTimeout(() => line.remove(), 5000);
  };

  // --- Live updates: the stream says what changed, the page asks for its fragment again
  const tell = (name) => document.body.dispatchEvent(new CustomEvent(name, { bubbles: true }));
  // Lists hear of it at most once a second, however many things change, and always after the last one.
  const due = {};
  const tellSoon = (name) => { due[name] ??= setTimeout(() => { delete due[name]; tell(name); }, 1000); };
  const live = { source: null, tries: 0, poll: 0, retry: 0 };
  const stamp = () => {
    live.last = new Date();
    const shown = document.querySelector("[data-last-update]");
    if (shown) shown.textContent = live.last.toLocaleTimeString(document.documentElement.lang, { hour12: false });
  };
  const poll = () => {
    clearInterval(live.poll);
    live.poll = setInterval(() => { if (!document.hidden) tell("changed:poll"); }, 10000);
  };
  const lost = (yes) => {
    const banner = document.getElementById("connection-lost");
    if (banner && banner.hidden === yes) banner.hidden = !yes;
    if (!yes) clearInterval(live.poll);
    else if (live.tries === 2) poll();
  };
  const heard = (event) => {
    let message;
    try { message = JSON.parse(event.data); } catch { return; }
    if (typeof message.t !== "string" || !/^[a-z_]+$/.test(message.t)) return;
    tell(`changed:${message.t}`);
    tellSoon(`changed:${message.t}s`);
    if (message.t === "all") tell("changed:poll"); // the stream could not keep up and says so
    if (Number.isInteger(message.id)) tell(`changed:${message.t}:${message.id}`);
    stamp();
  };
  // A token lives shorter than a page may stay open: the page itself, asked again, carries a fresh one.
  const renew = async () => {
    try {
      const answer = await fetch(location.pathname + location.search, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (page.body.dataset.liveToken) document.body.dataset.liveToken = page.body.dataset.liveToken;
    } catch { /* still offline: the next try comes anyway */ }
  };
  const connect = () => {
    const { liveUrl, liveToken } = document.body.dataset;
    if (live.source) return;
    if (!liveUrl || !("EventSource" in window)) { poll(); return; }
    const url = new URL(liveUrl, location.href);
    url.searchParams.set("token", liveToken || "");
    const source = live.source = new EventSource(url);
    source.addEventListener("open", () => {
      if (live.tries) tell("changed:poll"); // what happened while nobody listened
      live.tries = 0;
      stamp();
      lost(false);
    });
    source.addEventListener("message", heard);
    source.addEventListener("error", () => {
      source.close();
      live.source = null;
      live.tries += 1;
      // One broken connection heals within a second; a banner for it would only frighten.
      if (live.tries > 1) lost(true);
      const wait = Math.min(30, 2 ** live.tries) * (500 + Math.random() * 500);
      clearTimeout(live.retry);
      live.retry = setTimeout(async () => { if (live.tries > 1) await renew(); connect(); }, wait);
    });
  };
  const disconnect = () => { live.source?.close(); live.source = null; clearTimeout(live.retry); };

  // --- Drafts: a text half written survives a reload and a lost session
  const draftKey = (area) => `draft:${location.pathname}:${area.dataset.draft || area.name}`;
  const restoreDrafts = (root) => {
    for (const area of all("textarea[data-draft]", root)) {
      const kept = remember.get(draftKey(area));
      if (kept && !area.value) area.value = kept;
    }
  };
  const dropDrafts = (form) => all("textarea[data-draft]", form).forEach((area) => remember.drop(draftKey(area)));

  // --- Tabs on a phone: links to parts of the page; only the chosen part shows (css: .tab-off)
  const showTab = (link) => {
    const links = all("a[href^='#']", link.closest("[data-tabs]"));
    for (const other of links) {
      const part = document.getElementById(other.hash.slice(1));
      const chosen = other === link;
      part?.classList.toggle("tab-off", !chosen);
      if (chosen) other.setAttribute("aria-current", "true");
      else other.removeAttribute("aria-current");
    }
  };
  const showTabs = () => {
    for (const tabs of all("[data-tabs]")) {
      const links = all("a[href^='#']", tabs);
      const chosen = links.find((link) => link.hash === location.hash) || links[0];
      if (chosen) showTab(chosen);
    }
  };

  const focusFirstError = (root) => {
    const bad = all("[aria-invalid='true'], [data-form-error]", root).find(visible);
    if (bad) bad.focus();
  };

  const enhance = (root) => {
    refreshTimes();
    tick();
    restoreDrafts(root);
    all("[data-copy], [data-theme-toggle]", root).forEach((button) => { button.hidden = false; });
    showTabs();
  };

  // --- Clicks
  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      toast(words("copied"), false);
    } catch {
      getSelection().selectAllChildren(source);
      toast(words("notCopied"), true);
    }
  };
  const switchTheme = () => {
    const dark = document.documentElement.dataset.bsTheme === "dark";
    document.documentElement.dataset.bsTheme = dark ? "light" : "dark";
    try { localStorage.setItem("theme", dark ? "light" : "dark"); } catch { /* it lasts for this page */ }
  };
  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    for (const menu of all("details.menu[open], details.confirm[open]")) if (!menu.contains(event.target)) menu.open = false;
    if (hit("[data-copy]")) copy(hit("[data-copy]"));
    if (hit("[data-theme-toggle]")) switchTheme();
    if (hit("[data-keys]")) document.getElementById("keys")?.showModal();
    const tab = hit("[data-tabs] a[href^='#']");
    if (tab) { history.replaceState(null, "", tab.hash); showTab(tab); event.preventDefault(); }
  });
  addEventListener("hashchange", () => showTabs());

  // --- Keys
  let pending = "";
  const follow = (key) => {
    const target = document.getElementById("key-targets")?.dataset[key];
    if (target) location.assign(target);
    return Boolean(target);
  };
  const keys = {
    "/": () => { const box = all("input[type='search']").find(visible); box?.focus(); return Boolean(box); },
    "?": () => { const dialog = document.getElementById("keys"); dialog?.showModal(); return Boolean(dialog); },
    a: () => { const act = all(".btn-ack, [data-main-action]").find(visible); act?.focus(); return Boolean(act); },
    d: () => follow("d"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open], details.confirm[open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const action = pending === "g" ? () => follow(`g${event.key}`) : keys[event.key];
    pending = event.key === "g" && pending !== "g" ? "g" : "";
    if (pending) setTimeout(() => { pending = ""; }, 1500);
    if (action && action()) event.preventDefault();
  });

  // --- Forms
  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-draft]")) remember.set(draftKey(event.target), event.target.value);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sending) { event.preventDefault(); return; }
    if (form.method !== "post" || event.defaultPrevented || form.matches("[hx-post], [hx-put], [hx-delete], [hx-patch]")) return;
    // A second press on a slow line must not send twice. Disabled only after the browser has read the form.
    form.dataset.sending = "1";
    dropDrafts(form);
    setTimeout(() => all("button:not([type='button'])", form).forEach((button) => button.setAttribute("aria-busy", "true")));
  });
  addEventListener("pageshow", () => {
    all("form[data-sending]").forEach((form) => { delete form.dataset.sending; });
    all("button[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  });

  // --- htmx
  document.addEventListener("htmx:afterSwap", (event) => {
    enhance(event.target);
    if (event.detail.xhr?.status === 422) focusFirstError(event.target);
    stamp();
  });
  // Before the answer is swapped in: a fresh field would find the draft of what was sent just now.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const form = event.detail.elt.closest?.("form"), { status } = event.detail.xhr;
    if (form && status >= 200 && status < 300) dropDrafts(form);
  });
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    const said = { 401: "signedOut", 403: "forbidden", 404: "gone", 409: "conflict" }[status];
    toast(said ? words(said) : words("failed", status), true);
  });
  const polled = (event) => /^changed:/.test(event.detail.requestConfig?.triggeringEvent?.type || "");
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => { if (!polled(event)) toast(words("unreachable"), true); });
  }

  // --- Start
  enhance(document);
  focusFirstError(document);
  connect();
  setInterval(refreshTimes, 20000);
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    enhance(document);
    if (live.source) return;
    connect();
    tell("changed:poll");
  });
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
})();
