// The candles of one interval: what has been stored, and on it what trades now.

const MINUTES = { "5m": 5, "1h": 60, "1d": 1440 };
const BEIJING_MS = 8 * 3600_000; // intervals count from midnight there
const SHOWN = 48;

export class CandleSeries {
  constructor(symbol) {
    this.symbol = symbol;
    this.candles = [];
    this.interval = "1h";
  }

  get minutes() {
    return MINUTES[this.interval];
  }

  async load(interval = this.interval) {
    this.interval = interval;
    const answer = await fetch(`/api/v1/markets/${encodeURIComponent(this.symbol)}/candles?interval=${interval}&limit=${SHOWN}`);
    if (!answer.ok) throw new Error(`candles: ${answer.status}`);
    const { candles } = await answer.json();
    if (interval !== this.interval) return;
    this.candles = candles.map((k) => ({
      at: Date.parse(k.starts_at), open: k.open_fen / 100, high: k.high_fen / 100, low: k.low_fen / 100, close: k.close_fen / 100, volume: k.volume,
    }));
  }

  /** Put trades that came after load(), oldest first. */
  add(trades) {
    const length = this.minutes * 60_000;
    for (const trade of trades) {
      const moment = Date.parse(trade.at);
      const at = moment - ((moment + BEIJING_MS) % length);
      const price = trade.price_fen / 100;
      let candle = this.candles.at(-1);
      if (candle && candle.at > at) continue;
      if (!candle || candle.at < at) {
        candle = { at, open: price, high: price, low: price, close: price, volume: 0 };
        this.candles.push(candle);
        if (this.candles.length > SHOWN) this.candles.shift();
      }
      candle.high = Math.max(candle.high, price);
      candle.low = Math.min(candle.low, price);
      candle.close = price;
      candle.volume += trade.quantity * trade.hours;
    }
  }
}
