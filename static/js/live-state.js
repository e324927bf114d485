// How current the page is, in the top bar: live, reconnecting, stale since a moment. Data come by WebSocket (live.js); parts that
// poll (data-poll) do so only while it is not there, and never in a hidden tab.

const root = document.documentElement;
const QUIET_POLLS = 5; // of a page that is live, so many polls are left out: slow figures need no more

let socketState = null;
let polls = 0;

function timeOf(moment) {
  const timeZone = root.dataset.timeZone || "Asia/Shanghai";
  return new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(moment);
}

let shown = "live";
function show(state, since) {
  if (state === shown) return;
  shown = state;
  root.toggleAttribute("data-stale", state === "stale");
  const badge = document.querySelector("[data-live-badge]");
  if (!badge) return;
  badge.classList.toggle("is-waiting", state !== "live");
  const word = badge.querySelector("[data-live-word]");
  word.textContent = word.dataset[state].replace("{time}", timeOf(since ?? Date.now()));
}

document.addEventListener("live:state", ({ detail }) => {
  socketState = detail.state;
  if (detail.state !== "connecting") show(detail.state, detail.since);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.target.matches("[data-poll]") || event.detail.requestConfig.triggeringEvent?.isTrusted) return;
  if (event.detail.requestConfig.triggeringEvent?.type === "refresh") return;
  const left = socketState === "live" && polls++ % QUIET_POLLS !== 0;
  if (document.hidden || left) event.preventDefault();
});
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (event.target.matches("[data-poll]")) show("stale");
  });
}
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.target.matches("[data-poll]") && shown === "stale") {
    show(socketState === "live" || socketState === null ? "live" : "reconnecting");
  }
});
