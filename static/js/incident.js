// The incident's page. A line that two answers brought (one to a press, one to the stream's hint) is shown once.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  for (const line of event.detail.fragment.querySelectorAll("li.tl[id]")) {
    if (document.getElementById(line.id)) line.remove();
  }
});
