// The market's page, live: one model fed by /live/, its widgets repainted at most once a frame, charts a few times a second.

import { CandleSeries } from "./candle-series.js";
import { Ladder, countText, write, yuanText } from "./ladder.js";
import { live } from "./live.js";
import { bindKeys } from "./market-keys.js";
import { MarketModel } from "./market-model.js";
import "./market-charts.js";
import { announceTrades, OwnOrders } from "./own-orders.js";
import { Tape, hourText } from "./tape.js";
import { TradeTicket } from "./trade-ticket.js";

const CHART_MS = 250;
const CHART_SHARE = 8; // charts take at most an eighth of the time, however slow the machine
const REFRESH_MS = 600; // own orders' rows come from the server, at most so often
const DEPTH_SHOWN = 300;

const json = (id) => JSON.parse(document.getElementById(id).dataset.json);
const yuan = (fen) => (fen === null ? null : fen / 100);

class MarketPage {
  constructor() {
    this.page = json("page-data");
    this.model = new MarketModel();
    this.own = new OwnOrders(this.page.market, this.page.mine);
    this.candles = new CandleSeries(this.page.market);
    this.hour = this.page.hour;
    this.hours = 1;
    this.waiting = new Set(); // what to repaint
    this.chartsAt = 0;
    this.seen = { updates: 0, at: performance.now() };
    this.newTrades = [];
    this.ticket = new TradeTicket(document.getElementById("trade-form"), this.page);
    this.adopt();
    document.addEventListener("htmx:afterSettle", (event) => event.target.id === "live-data" && this.adopt());
    document.addEventListener("htmx:configRequest", ({ detail }) => {
      if (detail.elt.id === "live-data") detail.path = `${location.pathname}?${new URLSearchParams({ hour: this.hour, span: this.page.span })}`;
    });
    document.querySelector("market-curve").addEventListener("hours", (event) => this.choose(event.detail));
    document.addEventListener("click", (event) => this.click(event), true); // before htmx hears of it
    bindKeys({ ticket: this.ticket, step: (by) => this.step(by) });
    this.loadCandles("1h");
    live.follow(this.page.market, this.span(), (message) => this.take(message));
    if (document.getElementById("account-participant")) live.followOwn((message) => this.takeOwn(message));
    setInterval(() => this.showRate(), 1000);
  }

  span() {
    return { start: this.page.first, hours: this.page.span };
  }

  /** The server has sent the page's parts (at the start, and whenever htmx has swapped them): take them over. */
  adopt() {
    const before = this.page;
    this.page = json("page-data");
    this.curve = json("curve-data");
    this.depthWords = json("depth-data").words;
    this.ladder = new Ladder(document.getElementById("market-book"), (side, price, total) => this.ticket.fill(side, price, total, this.hour));
    const tape = document.querySelector(".tape tbody");
    this.server = { book: this.ladder.root, tape };
    this.tape = new Tape(tape);
    if (before.first !== this.page.first || before.span !== this.page.span) live.follow(this.page.market, this.span(), (message) => this.take(message));
    if (this.page.hour !== this.hour && this.page.hour !== before.hour) this.hour = this.page.hour;
    if (this.model.end) this.schedule("ladder", "tape", "charts");
  }

  take(message) {
    if (message.type === "events") this.newTrades.push(...message.events.filter((event) => event.event === "trade"));
    if (this.newTrades.length > 500) this.newTrades.splice(0, this.newTrades.length - 500);
    if (this.model.take(message)) this.refresh();
    if (message.type === "snapshot" || this.model.changedHours.has(this.hour)) this.schedule("ladder");
    if (this.model.tapeChanged) this.schedule("tape");
    if (this.model.changedHours.size || this.newTrades.length) this.schedule("charts");
  }

  takeOwn(message) {
    const traded = this.own.take(message);
    announceTrades(traded, document.getElementById("trade-words")?.dataset);
    this.schedule("ladder", "tape", "charts");
    if (message.orders || message.trades) this.refresh();
  }

  /** Fetch what only the server knows: own rows, waiting blocks, averages. */
  refresh() {
    this.refreshTimer ??= setTimeout(() => {
      this.refreshTimer = null;
      if (document.getElementById("live-data").classList.contains("htmx-request")) return this.refresh(); // one is under way
      window.htmx?.trigger("#live-data", "refresh");
    }, REFRESH_MS);
  }

  schedule(...parts) {
    for (const part of parts) this.waiting.add(part);
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.paint();
    });
  }

  paint() {
    if (this.waiting.has("ladder")) this.paintLadder();
    if (this.waiting.has("tape")) this.paintTape();
    this.waiting.delete("ladder");
    this.waiting.delete("tape");
    if (!this.waiting.has("charts")) return;
    const cost = [...document.querySelectorAll(".chart")].reduce((sum, chart) => sum + (chart.costMs ?? 0), 0);
    const wait = this.chartsAt + Math.max(CHART_MS, CHART_SHARE * cost) - performance.now();
    if (wait > 0) {
      this.chartTimer ??= setTimeout(() => {
        this.chartTimer = null;
        this.schedule("charts");
      }, wait);
      return;
    }
    this.chartsAt = performance.now();
    this.waiting.delete("charts");
    this.model.changedHours.clear();
    this.paintCharts();
  }

  paintLadder() {
    const levels = { bid: this.model.levels(this.hour, "bid"), ask: this.model.levels(this.hour, "ask") };
    if (this.suggestedFor !== this.hour && (levels.ask.length || levels.bid.length)) {
      this.suggestedFor = this.hour;
      this.ticket.suggest(levels.ask[0]?.[0] ?? null, levels.bid[0]?.[0] ?? null);
    }
    this.ladder.render(levels, this.own.sizesAt(this.hour));
  }

  paintTape() {
    this.model.tapeChanged = false;
    const { trades } = this.model;
    if (!trades.length) return;
    const table = document.querySelector(".tape").parentElement;
    if (table.hidden) {
      table.hidden = false;
      document.getElementById("tape-empty")?.remove();
    }
    this.tape.render(trades, this.own.traded);
    const [last, before] = trades;
    const way = !before || last.price_fen === before.price_fen ? "flat" : last.price_fen > before.price_fen ? "up" : "down";
    const cell = document.getElementById("last-trade");
    cell.className = way;
    write(cell, `${{ up: "▲ ", down: "▼ ", flat: "" }[way]}${yuanText(last.price_fen)}`);
  }

  paintCharts() {
    const { curve, model } = this;
    const summaries = curve.hours.map((hour) => model.summary(hour));
    const pick = (name) => summaries.map((summary) => yuan(summary[name]));
    const start = curve.hours[0];
    document.querySelector("market-curve").show({
      ...curve,
      ask: pick("ask"), bid: pick("bid"), deepAsk: pick("deepAsk"), deepBid: pick("deepBid"),
      vwap: curve.hours.map((hour) => yuan(model.average(hour))),
      offered: summaries.map((summary) => summary.offered),
      chosen: this.hour - start, chosenHours: this.hours,
      orders: this.own.lines(start),
    });
    const stairs = (side) => {
      let total = 0;
      return model.levels(this.hour, side).slice(0, DEPTH_SHOWN).map(([price, quantity]) => [price / 100, (total += quantity)]);
    };
    document.querySelector("market-depth").show({ bids: stairs("bid"), asks: stairs("ask"), words: this.depthWords });
    if (this.newTrades.length) {
      this.candles.add(this.newTrades);
      this.newTrades = [];
      this.paintCandles();
    }
  }

  paintCandles() {
    const chart = document.querySelector("market-candles");
    chart.show({ candles: this.candles.candles, minutes: this.candles.minutes, words: chart.dataset });
  }

  async loadCandles(interval) {
    this.newTrades = [];
    await this.candles.load(interval);
    this.paintCandles();
  }

  /** Choose hours by their places on the curve. */
  choose({ from, to }) {
    this.setHour(this.curve.hours[from], to - from + 1);
  }

  step(by) {
    this.setHour(Math.min(Math.max(this.hour + by, this.page.first), this.page.last), 1);
  }

  setHour(hour, hours) {
    this.hour = hour;
    this.hours = hours;
    this.ticket.setHours(hour, hours);
    for (const label of document.querySelectorAll("[data-hour-label]")) write(label, hourText(hour));
    write(document.getElementById("depth-hour"), hourText(hour));
    const query = new URLSearchParams({ hour, span: this.page.span });
    history.replaceState(null, "", `?${query}`);
    this.schedule("ladder", "charts");
    this.refresh();
  }

  click(event) {
    const way = event.target.closest("#hour-previous, #hour-next");
    if (way) {
      event.preventDefault();
      event.stopPropagation();
      this.step(way.id === "hour-next" ? 1 : -1);
    }
    const interval = event.target.closest("#candle-intervals button");
    if (interval) {
      for (const button of interval.parentElement.children) button.setAttribute("aria-pressed", String(button === interval));
      this.loadCandles(interval.value);
    }
  }

  showRate() {
    const now = performance.now();
    const rate = Math.round((1000 * (this.model.updates - this.seen.updates)) / (now - this.seen.at));
    this.seen = { updates: this.model.updates, at: now };
    const line = document.getElementById("market-number");
    write(line, line.dataset.text.replace("{number}", countText(this.model.number)).replace("{rate}", countText(rate)));
  }
}

if (document.getElementById("page-data")) new MarketPage();
