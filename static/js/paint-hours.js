// Painting hours on a track: drag from one delivery hour to another. What the paint means is the track's:
//   data-paint="sell"  opens the sell-back question for these hours in <dialog id="ask-first">
//   data-paint="list"  fills the listing form on the page
// The track says where it starts (data-start, in delivery hours), how long it is (data-hours), the first hour that may
// still be chosen (data-first) and how many accelerators are free in each (data-free, one number an hour).

const HOUR_MS = 3600_000;

function formHour(hour) {
  // What a datetime-local input takes, in the page's time zone.
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: document.documentElement.dataset.timeZone || undefined,
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false,
  }).formatToParts(new Date(hour * HOUR_MS));
  const of = Object.fromEntries(parts.map((part) => [part.type, part.value]));
  return `${of.year}-${of.month}-${of.day}T${of.hour}:${of.minute}`;
}

class Paint {
  constructor(track, event) {
    this.track = track;
    this.start = Number(track.dataset.start);
    this.first = Number(track.dataset.first);
    this.free = track.dataset.free.split(",").map(Number);
    this.from = this.to = this.indexAt(event);
    for (const old of document.querySelectorAll(".painted")) old.remove();
    this.box = document.createElement("div");
    this.box.className = "painted";
    this.box.append(document.createElement("span"));
    track.append(this.box);
    this.draw();
  }

  indexAt(event) {
    const box = this.track.getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width) * this.free.length);
    return Math.min(Math.max(index, this.first - this.start, 0), this.free.length - 1);
  }

  get span() {
    return [Math.min(this.from, this.to), Math.max(this.from, this.to) + 1];
  }

  get quantity() {
    return Math.min(...this.free.slice(...this.span));
  }

  moveTo(event) {
    this.to = this.indexAt(event);
    this.draw();
  }

  draw() {
    const [from, to] = this.span;
    this.box.style.left = `${(100 * from) / this.free.length}%`;
    this.box.style.width = `${(100 * (to - from)) / this.free.length}%`;
    this.box.firstChild.textContent = this.track.dataset.label.replace("{q}", this.quantity).replace("{h}", to - from);
  }

  finish() {
    const [from, to] = this.span;
    const values = {
      site: this.track.dataset.site, start: formHour(this.start + from), hours: to - from, quantity: Math.max(this.quantity, 1),
    };
    if (this.track.dataset.paint === "sell") {
      htmx.ajax("GET", `${this.track.dataset.url}?${new URLSearchParams(values)}`, { target: "#ask-first", swap: "innerHTML" });
      return;
    }
    const form = document.getElementById("listing-form");
    for (const [name, value] of Object.entries(values)) {
      if (form.elements[name]) form.elements[name].value = value;
    }
    form.dispatchEvent(new Event("change", { bubbles: true }));
    form.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }
}

let paint = null;
let last = null;

document.addEventListener("pointerdown", (event) => {
  const track = event.target.closest(".ruler-track[data-paint]");
  if (!track || event.button !== 0) return;
  if (Number(track.dataset.first) >= Number(track.dataset.start) + Number(track.dataset.hours)) return;
  event.preventDefault();
  paint = new Paint(track, event);
});
document.addEventListener("pointermove", (event) => paint?.moveTo(event));
document.addEventListener("pointerup", () => {
  paint?.finish();
  last = paint ?? last;
  paint = null;
});
// The calendar refreshes under the paint: put it back on the same site's new track.
document.addEventListener("htmx:afterSwap", () => {
  if (!last || last.box.isConnected || last.track.isConnected) return;
  const { site, start } = last.track.dataset;
  const track = document.querySelector(`.ruler-track[data-site="${site}"][data-start="${start}"]`);
  if (!track) return;
  last.track = track;
  track.append(last.box);
});
document.addEventListener("pointercancel", () => {
  paint?.box.remove();
  paint = null;
});
document.getElementById("ask-first")?.addEventListener("close", () => {
  last = null;
  for (const box of document.querySelectorAll(".painted")) box.remove();
});
