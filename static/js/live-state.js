// Parts that poll (data-poll): quiet while the tab is hidden, and the page says so when answers stop coming.

const root = document.documentElement;

function setStale(stale) {
  root.toggleAttribute("data-stale", stale);
  document.querySelector(".live-dot")?.classList.toggle("stale", stale);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("[data-poll]") && !event.detail.requestConfig.triggeringEvent?.isTrusted) {
    event.preventDefault();
  }
});
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (event.target.matches("[data-poll]")) setStale(true);
  });
}
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && root.hasAttribute("data-stale")) setStale(false);
});
