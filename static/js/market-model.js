// What a page knows of one market: levels by delivery hour, what has traded, the newest trades. Bounded by the hours it follows.

const TRADES_KEPT = 60;
export const DEPTH_OF_AVERAGE = 64; // accelerators

export class MarketModel {
  constructor() {
    this.number = 0;
    this.updates = 0;
    this.books = new Map(); // hour -> {bid: Map(price -> [quantity, orders]), ask: Map}
    this.traded = new Map(); // hour -> {volume, value}
    this.trades = [];
    this.summaries = new Map();
    this.changedHours = new Set();
    this.tapeChanged = false;
    this.closedUntil = 0;
  }

  /** Take a snapshot or events; returns true when a gate has closed or a state has changed. */
  take(message) {
    this.number = message.number;
    if (message.type === "snapshot") return this.replace(message);
    this.updates += message.events.length;
    let stateChanged = false;
    for (const event of message.events) {
      if (event.event === "level") this.putLevel(event);
      else if (event.event === "trade") this.putTrade(event);
      else if (event.event === "state" || event.event === "auction") stateChanged = true;
    }
    return stateChanged;
  }

  replace(snapshot) {
    this.start = snapshot.start;
    this.end = snapshot.end;
    this.books.clear();
    this.summaries.clear();
    for (const book of snapshot.books) {
      this.books.set(book.hour, { bid: levelsOf(book.bids), ask: levelsOf(book.asks) });
    }
    this.traded = new Map(snapshot.contracts.map((c) => [c.hour, { volume: c.volume, value: c.value_fen }]));
    this.trades = snapshot.trades.slice(0, TRADES_KEPT);
    this.tapeChanged = true;
    for (let hour = this.start; hour < this.end; hour += 1) this.changedHours.add(hour);
    return false;
  }

  putLevel({ hour, side, price_fen, quantity = 0, orders = 0 }) {
    if (hour < this.start || hour >= this.end) return;
    let book = this.books.get(hour);
    if (!book) this.books.set(hour, (book = { bid: new Map(), ask: new Map() }));
    if (quantity) book[side].set(price_fen, [quantity, orders]);
    else book[side].delete(price_fen);
    this.summaries.delete(hour);
    this.changedHours.add(hour);
  }

  putTrade(trade) {
    this.trades.unshift(trade);
    if (this.trades.length > TRADES_KEPT) this.trades.length = TRADES_KEPT;
    this.tapeChanged = true;
    for (let hour = trade.hour; hour < trade.hour + trade.hours; hour += 1) {
      if (hour < this.start || hour >= this.end) continue;
      const sum = this.traded.get(hour) ?? { volume: 0, value: 0 };
      sum.volume += trade.quantity;
      sum.value += trade.quantity * trade.price_fen;
      this.traded.set(hour, sum);
      this.changedHours.add(hour);
    }
  }

  /** A side's levels, best first: [price_fen, quantity, orders]. */
  levels(hour, side) {
    const book = this.books.get(hour);
    if (!book) return [];
    const sign = side === "bid" ? -1 : 1;
    return [...book[side]].map(([price, [quantity, orders]]) => [price, quantity, orders]).sort((a, b) => sign * (a[0] - b[0]));
  }

  /** An hour at a glance, in fen and accelerators; null where there is nothing. */
  summary(hour) {
    let summary = this.summaries.get(hour);
    if (!summary) {
      const [bids, asks] = [this.levels(hour, "bid"), this.levels(hour, "ask")];
      summary = {
        bid: bids[0]?.[0] ?? null,
        ask: asks[0]?.[0] ?? null,
        deepBid: averageOf(bids),
        deepAsk: averageOf(asks),
        offered: asks.reduce((sum, level) => sum + level[1], 0),
      };
      this.summaries.set(hour, summary);
    }
    return summary;
  }

  average(hour) {
    const sum = this.traded.get(hour);
    return sum?.volume ? sum.value / sum.volume : null;
  }
}

function levelsOf(rows) {
  return new Map(rows.map(([price, quantity, orders]) => [price, [quantity, orders]]));
}

/** The average price of the first 64 accelerators, or of all where there are fewer. */
function averageOf(levels) {
  let [left, value] = [DEPTH_OF_AVERAGE, 0];
  for (const [price, quantity] of levels) {
    const part = Math.min(left, quantity);
    value += part * price;
    left -= part;
    if (!left) break;
  }
  return left === DEPTH_OF_AVERAGE ? null : value / (DEPTH_OF_AVERAGE - left);
}
