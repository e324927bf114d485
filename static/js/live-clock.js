// <live-clock> shows the time in the page's time zone, to the second.

class LiveClock extends HTMLElement {
  connectedCallback() {
    const timeZone = document.documentElement.dataset.timeZone || "Asia/Shanghai";
    this.format = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
    this.title = timeZone;
    this.tick();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  tick() {
    const now = Date.now();
    this.textContent = this.format.format(now);
    this.timer = setTimeout(() => this.tick(), 1000 - (now % 1000));
  }
}

customElements.define("live-clock", LiveClock);
