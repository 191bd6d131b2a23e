// Turns notifications on in this browser: asks for the permission, subscribes, and sends the subscription by the form.
"use strict";

(() => {
  const box = document.querySelector("[data-push]");
  const form = document.querySelector("[data-push-form]");
  if (!box || !form) return;

  const isApple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
  const isInstalled = navigator.standalone === true || matchMedia("(display-mode: standalone)").matches;
  const isAble = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

  function tell(state) {
    for (const part of box.querySelectorAll("[data-push-when]")) part.hidden = part.dataset.pushWhen !== state;
  }

  function bytes(text) {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "=");
    return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
  }

  function isUnder(subscription, ours) {
    const key = subscription.options && subscription.options.applicationServerKey;
    return !key || new Uint8Array(key).every((value, place) => value === ours[place]);
  }

  async function ourKey() {
    const answer = await fetch(box.dataset.keyUrl, { method: "POST", body: new FormData(form) });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.text);
    return bytes(said.key);
  }

  async function name(subscription) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint));
    return [...new Uint8Array(digest)].map((value) => value.toString(16).padStart(2, "0")).join("").slice(0, 24);
  }

  async function current() {
    const registration = await navigator.serviceWorker.getRegistration("/");
    return registration ? registration.pushManager.getSubscription() : null;
  }

  async function look() {
    if (isApple && !isInstalled) return tell("ios");
    if (!isAble) return tell("unsupported");
    if (Notification.permission === "denied") return tell("blocked");
    const found = Notification.permission === "granted" ? await current() : null;
    const known = box.dataset.known.split(" ");
    return tell(found && known.includes(await name(found)) ? "on" : "ready");
  }

  async function subscribe() {
    const key = await ourKey();
    await navigator.serviceWorker.register(box.dataset.worker, { scope: "/", updateViaCache: "none" });
    const registration = await navigator.serviceWorker.ready;
    const old = await registration.pushManager.getSubscription();
    if (old && isUnder(old, key)) return old;
    if (old) await old.unsubscribe();
    return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  }

  async function turnOn() {
    tell("working");
    try {
      const allowed = await Notification.requestPermission();
      if (allowed === "denied") return tell("blocked");
      if (allowed !== "granted") return tell("ready");
      form.elements.subscription.value = JSON.stringify(await subscribe());
      form.submit();
    } catch (error) {
      box.querySelector("[data-push-reason]").textContent = error.name === "Error" ? error.message : `(${error.name})`;
      tell("failed");
    }
  }

  for (const button of box.querySelectorAll("[data-push-turn-on]")) button.addEventListener("click", turnOn);
  look().catch(() => tell("ready"));

  // Android and desktop offer to install; it works without, but the notification is then the app's own.
  addEventListener("beforeinstallprompt", (event) => {
    const offer = box.querySelector("[data-push-install]");
    event.preventDefault();
    offer.hidden = false;
    offer.querySelector("button").onclick = () => event.prompt().then(() => (offer.hidden = true));
  });
})();
