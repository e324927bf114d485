// The tape: a market's newest trades. Rows are reused; a trade of one's own is marked when one hears of it.

import { countText, write, yuanText } from "./ladder.js";

export class Tape {
  constructor(body) {
    this.rows = Number(body.dataset.rows);
    this.words = body.dataset;
    this.time = new Intl.DateTimeFormat("en-GB", { timeZone: zone(), hour: "2-digit", minute: "2-digit", second: "2-digit" });
    this.cells = Array.from({ length: this.rows }, () => {
      const row = document.createElement("tr");
      row.innerHTML = '<td class="ink2"></td><td><span></span> <span class="ink3"></span> <b class="mine-word"></b></td><td class="n"></td><td class="n"><span class="arrow" aria-hidden="true"></span><span></span></td>';
      const [time, delivery, size, price] = row.children;
      return { row, time, hour: delivery.children[0], hours: delivery.children[1], mine: delivery.children[2], size, price, arrow: price.children[0], value: price.children[1] };
    });
    body.replaceChildren(...this.cells.map(({ row }) => row));
  }

  render(trades, mine) {
    this.cells.forEach((cells, place) => {
      const trade = trades[place];
      cells.row.hidden = !trade;
      if (!trade) return;
      const before = trades[place + 1]?.price_fen ?? trade.price_fen;
      const way = trade.price_fen > before ? "up" : trade.price_fen < before ? "down" : "flat";
      const own = mine.has(trade.trade_id);
      cells.row.className = own ? "mine" : "";
      write(cells.time, this.time.format(Date.parse(trade.at)));
      write(cells.hour, hourText(trade.hour));
      write(cells.hours, `+${this.words.hours.replace("{n}", trade.hours)}`);
      write(cells.mine, own ? this.words.mine : "");
      write(cells.size, countText(trade.quantity));
      cells.price.className = `n ${way}`;
      write(cells.arrow, way === "up" ? "▲" : way === "down" ? "▼" : "");
      write(cells.value, yuanText(trade.price_fen));
    });
  }
}

const zone = () => document.documentElement.dataset.timeZone || "Asia/Shanghai";
const formats = new Map();

/** A delivery hour as the pages write it: Mon 18:00, with a date beyond six days. */
export function hourText(hour) {
  const chinese = document.documentElement.lang.startsWith("zh");
  const far = Math.abs(hour * 3600_000 - Date.now()) > 6 * 24 * 3600_000;
  const key = `${chinese} ${far}`;
  if (!formats.has(key)) {
    const day = far ? { day: "numeric", month: "short" } : { weekday: "short" };
    formats.set(key, [
      new Intl.DateTimeFormat(chinese ? "zh-CN" : "en-GB", { timeZone: zone(), ...day }),
      new Intl.DateTimeFormat("en-GB", { timeZone: zone(), hour: "2-digit", minute: "2-digit" }),
    ]);
  }
  const [day, clock] = formats.get(key);
  const moment = hour * 3600_000;
  return `${day.format(moment)} ${clock.format(moment)}`;
}
