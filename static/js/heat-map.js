// The heat map: an hour's card on hover or focus, and arrows from hour to hour and market to market.
// Without this script each hour is a link to its market, with what it costs in its title.

import { yuan } from "./chart.js";

const table = document.querySelector("table[data-heat]");
const NEAR_HOURS = 6;
const SHOW_AFTER_MS = 120;

let card = null;
let timer = 0;

const rowOf = (cell) => cell.closest("tr");
const cells = (row) => [...row.querySelectorAll("a.cell")];

function line(list, label, value) {
  list.append(Object.assign(document.createElement("dt"), { textContent: label }), Object.assign(document.createElement("dd"), { textContent: value }));
}

function link(text, href, kind) {
  return Object.assign(document.createElement("a"), { textContent: text, href, className: `btn btn-small ${kind}` });
}

function lowestNear(cell) {
  const hour = Number(cell.dataset.hour);
  const near = cells(rowOf(cell)).filter((other) => other.dataset.fen && Math.abs(other.dataset.hour - hour) <= NEAR_HOURS);
  return near.reduce((best, other) => (Number(other.dataset.fen) < Number(best.dataset.fen) ? other : best), cell);
}

function hide() {
  clearTimeout(timer);
  card?.remove();
  card = null;
}

function show(cell) {
  hide();
  const row = rowOf(cell);
  const words = table.dataset;
  card = document.createElement("div");
  card.className = "heat-card";
  const facts = document.createElement("dl");
  if (cell.dataset.fen) {
    const usual = Number(row.dataset.usual);
    line(facts, words.wordAsk, yuan(cell.dataset.fen / 100));
    if (usual) {
      const share = cell.dataset.fen / usual - 1;
      line(facts, words.wordUsual, `${share < 0 ? "▼ " : "▲ "}${Math.abs(share * 100).toFixed(1)}%`);
    }
    line(facts, words.wordLeft, `${Number(cell.dataset.left).toLocaleString("en-US")} ${words.wordUnit}`);
    const lowest = lowestNear(cell);
    line(facts, words.wordNear, `${lowest.dataset.time} · ${yuan(lowest.dataset.fen / 100)}`);
  } else {
    facts.append(Object.assign(document.createElement("dd"), { textContent: cell.textContent }));
  }
  const acts = Object.assign(document.createElement("div"), { className: "row-actions" });
  const buy = new URLSearchParams({ market: row.dataset.symbol, start: cell.dataset.hour, hours: 1 });
  acts.append(link(words.wordBuy, `${words.buy}?${buy}`, "btn-primary"), link(words.wordOpen, cell.href, ""));
  card.append(
    Object.assign(document.createElement("b"), { textContent: row.dataset.name }),
    Object.assign(document.createElement("div"), { className: "ink2", textContent: cell.dataset.time }),
    facts,
    acts,
  );
  card.addEventListener("mouseleave", hide);
  const panel = table.closest(".heat-panel");
  panel.append(card);
  const at = cell.getBoundingClientRect();
  const frame = panel.getBoundingClientRect();
  card.style.left = `${Math.max(8, Math.min(at.left - frame.left, frame.width - card.offsetWidth - 8))}px`;
  card.style.top = `${at.bottom - frame.top + (at.bottom + card.offsetHeight > innerHeight ? -at.height - card.offsetHeight : 0)}px`;
}

function move(cell, key) {
  const row = rowOf(cell);
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const all = cells(row);
    return all[all.indexOf(cell) + (key === "ArrowRight" ? 1 : -1)];
  }
  const rows = [...table.querySelectorAll("tr[data-symbol]")];
  const next = rows[rows.indexOf(row) + (key === "ArrowDown" ? 1 : -1)];
  return next && (next.querySelector(`a.cell[data-hour="${cell.dataset.hour}"]`) ?? cells(next)[0]);
}

// One stop for the keyboard; arrows lead on from there.
table?.querySelector("a.cell")?.setAttribute("tabindex", "0");

table?.addEventListener("mouseover", (event) => {
  const cell = event.target.closest("a.cell");
  if (!cell) return;
  cell.removeAttribute("title"); // the card says it
  clearTimeout(timer);
  timer = setTimeout(() => show(cell), SHOW_AFTER_MS);
});
table?.addEventListener("mouseleave", (event) => { if (!card?.contains(event.relatedTarget)) hide(); });
table?.addEventListener("focusin", (event) => { if (event.target.matches("a.cell:focus-visible")) show(event.target); });
table?.addEventListener("focusout", (event) => { if (!card?.contains(event.relatedTarget)) hide(); });
table?.addEventListener("keydown", (event) => {
  const cell = event.target.closest("a.cell");
  if (!cell) return;
  if (event.key === "Escape") hide();
  if (!event.key.startsWith("Arrow")) return;
  event.preventDefault();
  const next = move(cell, event.key);
  if (!next) return;
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});
