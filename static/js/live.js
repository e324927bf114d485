// The page's one connection to /live/ (docs/live.md): connects, resumes where it was, and says how current the page is.

const BACKOFF_MS = [300, 8000];
const SILENT_BEATS = 3;

class Live extends EventTarget {
  constructor() {
    super();
    this.markets = new Map(); // symbol -> {span, number, take}
    this.own = null;
    this.failures = 0;
    this.beatMs = 3000;
    this.state = "connecting";
    this.heardAt = Date.now();
    addEventListener("online", () => this.connect());
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => event.persisted && this.connect());
  }

  /** Follow a market; take(message) gets its snapshots and events, in order and without a gap. */
  follow(symbol, span, take) {
    this.markets.set(symbol, { span, take, number: null });
    this.connect();
    this.ask(symbol);
  }

  /** Follow the acting organisation's own orders, trades and balance. */
  followOwn(take) {
    this.own = take;
    this.connect();
    this.say({ do: "subscribe", channel: "own" });
  }

  connect() {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.retry);
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/`);
    this.socket = socket;
    socket.addEventListener("message", (event) => this.socket === socket && this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", () => this.socket === socket && this.lose());
    this.watch();
  }

  close() {
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  ask(symbol) {
    const { span, number } = this.markets.get(symbol);
    this.say({ do: "subscribe", market: symbol, ...(number === null ? span : { ...span, after: number }) });
  }

  hear(message) {
    this.watch();
    if (message.type === "hello") {
      this.failures = 0;
      this.beatMs = message.heartbeat_s * 1000;
      for (const symbol of this.markets.keys()) this.ask(symbol);
      if (this.own) this.say({ do: "subscribe", channel: "own" });
    } else if (message.type === "heartbeat") {
      if (message.stale) return this.become("stale", Date.parse(message.since));
    } else if (message.type === "snapshot" || message.type === "events") {
      this.bring(message);
    } else if (message.type === "own" || message.type === "own_snapshot") {
      this.own?.(message);
    }
    this.heardAt = Date.now();
    this.become("live");
  }

  bring(message) {
    const market = this.markets.get(message.market);
    if (!market) return;
    if (message.type === "events" && message.after !== market.number) {
      market.number = null; // a gap: begin anew
      this.ask(message.market);
      return;
    }
    market.number = message.number;
    market.take(message);
  }

  lose() {
    this.become(this.failures > 1 ? "stale" : "reconnecting", this.heardAt);
    const most = Math.min(BACKOFF_MS[0] * 2 ** this.failures, BACKOFF_MS[1]);
    this.failures += 1;
    this.retry = setTimeout(() => this.connect(), most / 2 + (Math.random() * most) / 2);
  }

  /** A connection that says nothing for three heartbeats is gone, whatever the network stack thinks. */
  watch() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const socket = this.socket;
      this.socket = null;
      socket?.close();
      this.lose();
    }, this.beatMs * SILENT_BEATS);
  }

  become(state, since = null) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, since } }));
    document.dispatchEvent(new CustomEvent("live:state", { detail: { state, since } }));
  }
}

export const live = new Live();
