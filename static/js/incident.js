// The incident's page. What two answers brought (one to a press, one to the stream's hint) is shown once: lines of the
// timeline, and panels that the page did not have before.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { fragment, target } = event.detail;
  const added = /^panels-/.test(target.id) ? "li.tl[id], [id^='panel-']" : "li.tl[id]";
  for (const element of fragment.querySelectorAll(added)) {
    if (document.getElementById(element.id)) element.remove();
  }
});

// A press replaces the header with its button; whoever works by keyboard then stands on the next right action.
let pressed = false;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.closest(".incident-act")) pressed = true;
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (!pressed || event.detail.target.id !== "incident-head" || document.activeElement !== document.body) return;
  document.getElementById("main-action")?.focus({ preventScroll: true });
});
