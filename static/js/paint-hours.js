// Painting hours on a track: drag from one delivery hour to another. What the paint means is the track's:
//   data-paint="sell"  opens the sell-back question for these hours in <dialog id="ask-first">
//   data-paint="list"  fills the listing form on the page, and asks for what listing them would do, beside the hours (#painted)
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
  constructor(track, index) {
    this.track = track;
    this.start = Number(track.dataset.start);
    this.first = Number(track.dataset.first);
    this.free = track.dataset.free.split(",").map(Number);
    this.from = this.to = this.within(index);
    this.wanted = null; // accelerators, where the keyboard chose fewer than are free
    for (const old of document.querySelectorAll(".painted")) old.remove();
    this.box = document.createElement("div");
    this.box.className = "painted";
    this.box.append(document.createElement("span"));
    track.append(this.box);
    this.draw();
  }

  within(index) {
    return Math.min(Math.max(index, this.first - this.start, 0), this.free.length - 1);
  }

  get span() {
    return [Math.min(this.from, this.to), Math.max(this.from, this.to) + 1];
  }

  get quantity() {
    const free = Math.min(...this.free.slice(...this.span));
    return this.wanted == null ? free : Math.min(this.wanted, free);
  }

  moveTo(index) {
    this.to = this.within(index);
    this.draw();
  }

  raise(by) {
    this.wanted = Math.max(1, this.quantity + by);
    this.draw();
  }

  get text() {
    const [from, to] = this.span;
    return this.track.dataset.label.replace("{q}", this.quantity).replace("{h}", to - from);
  }

  draw() {
    const [from, to] = this.span;
    this.box.style.left = `${(100 * from) / this.free.length}%`;
    this.box.style.width = `${(100 * (to - from)) / this.free.length}%`;
    this.box.firstChild.textContent = this.text;
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
    showPopover(this, { ...values, days: 1, price_fen: form.elements.price_fen?.value ?? "", curve: form.elements.curve?.value ?? "" });
  }
}

const popover = document.getElementById("painted");

function showPopover(painted, values) {
  if (!popover) return;
  htmx.ajax("GET", `${popover.dataset.url}?${new URLSearchParams(values)}`, { target: popover, swap: "innerHTML" }).then(() => {
    popover.hidden = false;
    const box = painted.box.getBoundingClientRect();
    const around = popover.offsetParent.getBoundingClientRect();
    const left = Math.min(Math.max(box.left - around.left, 0), Math.max(around.width - popover.offsetWidth, 0));
    popover.style.left = `${left}px`;
    popover.style.top = `${box.bottom - around.top + 8}px`;
    // Who has gone on to the form meanwhile goes on typing there.
    if (!document.activeElement?.closest("#listing-form")) popover.querySelector("#painted-price")?.focus({ preventScroll: true });
    popover.scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
}

function unpaint() {
  if (popover) popover.hidden = true;
  last?.box.remove();
  last?.track.focus({ preventScroll: true });
  last = null;
}

function copyToForm() {
  const form = document.getElementById("listing-form");
  for (const field of popover.querySelectorAll("input[name], select[name]")) {
    if (field.name !== "csrfmiddlewaretoken" && form.elements[field.name]) form.elements[field.name].value = field.value;
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
  form.scrollIntoView({ block: "nearest", behavior: "smooth" });
  form.elements.price_fen.focus({ preventScroll: true });
}

popover?.addEventListener("click", (event) => {
  if (event.target.closest("[data-unpaint]")) unpaint();
  if (event.target.closest("[data-edit-painted]")) {
    popover.hidden = true;
    copyToForm();
  }
});
popover?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") unpaint();
});

let paint = null;
let last = null;

const isOver = (track) => Number(track.dataset.first) >= Number(track.dataset.start) + Number(track.dataset.hours);

function indexAt(track, event) {
  const box = track.getBoundingClientRect();
  return Math.floor(((event.clientX - box.left) / box.width) * Number(track.dataset.hours));
}

document.addEventListener("pointerdown", (event) => {
  const track = event.target.closest(".ruler-track[data-paint]");
  if (!track || event.button !== 0 || isOver(track)) return;
  event.preventDefault();
  if (popover) popover.hidden = true;
  paint = new Paint(track, indexAt(track, event));
});
document.addEventListener("pointermove", (event) => paint?.moveTo(indexAt(paint.track, event)));
document.addEventListener("pointerup", () => {
  paint?.finish();
  last = paint ?? last;
  paint = null;
});

// By the keyboard: arrows move along the ruler (with shift a day), space starts and ends the hours, up and down change the
// accelerators, escape lets go.
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -24, PageDown: 24 };
let cursor = null; // {track, index, box, paint}

function moveCursor(track, index) {
  if (cursor?.track !== track) {
    cursor?.box.remove();
    cursor = { track, index: 0, paint: null, box: document.createElement("i") };
    cursor.box.className = "paint-cursor";
    track.append(cursor.box);
  }
  const hours = Number(track.dataset.hours);
  const first = Math.max(Number(track.dataset.first) - Number(track.dataset.start), 0);
  cursor.index = Math.min(Math.max(index, first), hours - 1);
  cursor.box.style.left = `${(100 * cursor.index) / hours}%`;
  cursor.box.style.width = `${100 / hours}%`;
  cursor.paint?.moveTo(cursor.index);
  const said = document.getElementById("paint-said");
  if (said) said.textContent = cursor.paint ? cursor.paint.text : formHour(Number(track.dataset.start) + cursor.index).replace("T", " ");
}

document.addEventListener("keydown", (event) => {
  const track = event.target.closest?.(".ruler-track[data-paint]");
  if (!track || event.target !== track || isOver(track)) return;
  const here = cursor?.track === track ? cursor.index : 0;
  if (event.key in STEPS) {
    event.preventDefault();
    moveCursor(track, here + STEPS[event.key] * (event.shiftKey && event.key.startsWith("Arrow") ? 24 : 1));
  } else if (event.key === " " || event.key === "Enter") {
    event.preventDefault();
    moveCursor(track, here);
    if (!cursor.paint) {
      cursor.paint = new Paint(track, cursor.index);
      return;
    }
    last = cursor.paint;
    cursor.paint = null;
    last.finish();
  } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && cursor?.paint) {
    event.preventDefault();
    cursor.paint.raise(event.key === "ArrowUp" ? 1 : -1);
    moveCursor(track, cursor.index);
  } else if (event.key === "Escape") {
    cursor?.paint?.box.remove();
    cursor?.box.remove();
    cursor = null;
  }
});
document.addEventListener("focusout", (event) => {
  if (cursor && event.target === cursor.track) cursor.box.remove();
  if (cursor && event.target === cursor.track && !cursor.paint) cursor = null;
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
