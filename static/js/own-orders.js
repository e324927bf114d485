// One's own orders and trades as /live/ tells them: what of a book is one's own, and a word when something has filled.

import { countText, yuanText } from "./ladder.js";

const TRADES_KEPT = 500;
const LIVE_STATES = new Set(["pending", "open"]);

export class OwnOrders {
  constructor(market, tradeIds) {
    this.market = market;
    this.orders = new Map();
    this.traded = new Set(tradeIds);
  }

  /** Take a message of the own channel; returns the new trades in it. */
  take(message) {
    if (message.type === "own_snapshot") this.orders.clear();
    for (const order of message.orders ?? []) {
      if (order.market !== this.market) continue;
      if (LIVE_STATES.has(order.state)) this.orders.set(order.id, order);
      else this.orders.delete(order.id);
    }
    const fresh = (message.trades ?? []).filter((trade) => !this.traded.has(trade.id));
    for (const trade of fresh) this.traded.add(trade.id);
    for (const id of this.traded) {
      if (this.traded.size <= TRADES_KEPT) break;
      this.traded.delete(id);
    }
    return fresh;
  }

  /** Own open accelerators in an hour's book: "side price_fen" -> accelerators. */
  sizesAt(hour) {
    const sizes = new Map();
    for (const order of this.orders.values()) {
      const open = order.kind === "hourly" ? order.open[hour - order.start] : 0;
      const price = order.price_fen ?? order.protection_price_fen;
      if (!open || !price) continue;
      const key = `${order.side} ${price}`;
      sizes.set(key, (sizes.get(key) ?? 0) + open);
    }
    return sizes;
  }

  /** Orders as lines over the curve: [first place, place after the last, price in yuan]. */
  lines(start) {
    return [...this.orders.values()]
      .filter((order) => order.price_fen && order.start + order.hours > start)
      .map((order) => [order.start - start, order.start - start + order.hours, order.price_fen / 100]);
  }
}

/** Say what has been bought and sold, once a message however many trades it has; screen readers hear it too. */
export function announceTrades(trades, words) {
  if (!trades.length || !words) return;
  for (const side of ["bid", "ask"]) {
    const those = trades.filter((trade) => trade.side === side);
    if (!those.length) continue;
    const accHours = those.reduce((sum, trade) => sum + trade.accelerator_hours, 0);
    const value = those.reduce((sum, trade) => sum + trade.value_fen, 0);
    const line = document.createElement("div");
    line.className = "toast-line";
    line.dataset.fill = side;
    line.textContent = words[side].replace("{n}", countText(accHours)).replace("{price}", yuanText(Math.round(value / accHours)));
    document.getElementById("toasts").append(line);
    setTimeout(() => line.remove(), 8000);
  }
}
