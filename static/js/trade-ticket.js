// The ticket beside the book: filled by a click on the ladder or the curve, previewed by htmx, sent as it was previewed.

export class TradeTicket {
  constructor(form, page) {
    this.form = form;
    this.page = page;
    this.answer = document.getElementById("ticket-answer");
    form.addEventListener("change", () => this.dress());
    this.field("limit").addEventListener("input", () => (this.typed = true));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    // A preview of what is no longer in the form is not sent, and an answer to an earlier question makes none of a later one.
    this.changes = this.asked = 0;
    form.addEventListener("input", () => this.age());
    form.addEventListener("htmx:beforeRequest", () => (this.asked = this.changes));
    form.addEventListener("htmx:afterSwap", () => this.renew());
    this.answer.addEventListener("htmx:afterSwap", () => this.renew());
    // The answer's form may be sent before htmx has seen it.
    this.answer.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      this.post(event.target);
    });
    document.addEventListener("live:state", ({ detail }) => this.allow(detail.state === "live"));
    this.dress();
  }

  field(name) {
    return this.form.elements[name];
  }

  dress() {
    const sells = this.field("side").value === "sell";
    this.form.querySelector(".trade-sell").hidden = !sells;
    const isMarket = this.field("kind").value === "market";
    this.field("limit").disabled = isMarket;
    this.form.querySelector(".trade-until").hidden = isMarket || this.field("lasts").value !== "till";
    const rests = this.field("kind").value === "hourly" && ["gate", "till"].includes(this.field("lasts").value);
    this.form.querySelector(".trade-options").hidden = !rests;
  }

  age() {
    this.changes += 1;
    this.answer.classList.add("is-old");
  }

  renew() {
    if (this.asked === this.changes) this.answer.classList.remove("is-old");
  }

  preview() {
    this.dress();
    this.age();
    window.htmx?.trigger(this.form, "preview");
  }

  setSide(side) {
    this.field("side").value = side;
    this.preview();
  }

  setKind(kind) {
    this.field("kind").value = kind;
    this.preview();
  }

  setHours(hour, hours) {
    const select = this.field("start");
    if ([...select.options].some((option) => Number(option.value) === hour)) select.value = hour;
    this.field("hours").value = hours;
    this.preview();
  }

  /** A rung was chosen: take all of the other side up to its price. */
  fill(side, priceFen, total, hour) {
    this.field("side").value = side === "ask" ? "buy" : "sell";
    if (this.field("kind").value === "market") this.field("kind").value = "hourly";
    this.field("limit").value = (priceFen / 100).toFixed(2);
    this.typed = true;
    this.field("accelerators").value = total;
    this.setHours(hour, 1);
  }

  /** Start from an hour's best price, where nobody has typed a limit. */
  suggest(bestAskFen, bestBidFen) {
    const fen = this.field("side").value === "buy" ? bestAskFen : bestBidFen;
    if (this.typed || fen === null) return;
    this.field("limit").value = (fen / 100).toFixed(2);
    this.preview();
  }

  stepLimit(ticks) {
    const fen = Math.round(Number(this.field("limit").value) * 100) + ticks * this.page.tick_fen;
    if (fen <= 0) return;
    this.typed = true;
    this.field("limit").value = (fen / 100).toFixed(2);
    this.preview();
  }

  stepAccelerators(lots) {
    const count = Number(this.field("accelerators").value) + lots * this.page.lot;
    if (count <= 0) return;
    this.field("accelerators").value = count;
    this.preview();
  }

  /** Prices that do not move may be wrong: nothing is sent on them. */
  allow(isLive) {
    this.isStale = !isLive;
    this.answer.classList.toggle("is-stale", !isLive);
  }

  send() {
    const ready = document.getElementById("trade-send");
    if (ready && !this.isStale && !this.answer.classList.contains("is-old") && !ready.querySelector("button").disabled) this.post(ready);
  }

  post(form) {
    window.htmx.ajax("POST", form.action, { source: form, target: this.answer, swap: "innerHTML" });
  }
}
