// In the head and not deferred, so that no page flashes in the wrong colours. A stored choice wins over the system.
(() => {
  "use strict";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const apply = () => { document.documentElement.dataset.bsTheme = stored() || (system.matches ? "dark" : "light"); };
  apply();
  system.addEventListener("change", apply);
  addEventListener("storage", apply);
})();
