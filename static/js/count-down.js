// <count-down until="ISO time">: minutes and seconds left, hours before them when there are any.

class CountDown extends HTMLElement {
  connectedCallback() {
    this.end = Date.parse(this.getAttribute("until"));
    this.tick();
    this.timer = setInterval(() => this.tick(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  tick() {
    const left = Math.max(0, Math.floor((this.end - Date.now()) / 1000));
    const two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(left / 3600);
    this.textContent = `${hours ? `${hours}:` : ""}${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
  }
}

customElements.define("count-down", CountDown);
