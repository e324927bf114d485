// What every chart shares: the tokens as colours, the ruler as an axis, and a custom element that redraws when the data,
// the theme or the size changes, and goes away with its fragment.

import * as echarts from "../vendor/echarts/echarts.esm.min.js";

const TOKENS = [
  "surface", "sunken", "line", "line2", "ink", "ink2", "ink3", "accent", "accent-soft", "accent-mid", "warn",
  "up", "up-soft", "down", "down-soft", "heat-5", "heat-6", "c1", "c2", "c3", "c4", "c5", "c6",
];

/** The tokens as colours that a canvas understands, resolved for the theme and the up/down choice in force. */
export function readTokens() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colours = {};
  for (const name of TOKENS) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colours;
}

export function textStyle(colours) {
  return { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11, color: colours.ink3 };
}

/** The ruler: 00 06 12 18, and at midnight the day in bold, as many of them as `width` pixels hold. ticks: [clock, day at midnight or ""]. */
export function rulerAxis(ticks, colours, width) {
  const hourPx = width / ticks.length;
  const every = ticks.length <= 12 ? 1 : ([6, 12, 24].find((hours) => hours * hourPx >= 40) ?? 24);
  const dayText = (text) => (every * hourPx >= 46 || every === 24 && hourPx * 24 >= 90 ? text : text.split(" ")[0]);
  return {
    type: "category",
    data: ticks.map((_, index) => index),
    boundaryGap: true,
    axisLine: { lineStyle: { color: colours.line2 } },
    axisTick: { show: false },
    splitLine: { show: true, interval: (index) => Boolean(ticks[index][1]), lineStyle: { color: colours.line2 } },
    axisLabel: {
      color: colours.ink3,
      fontSize: 11,
      interval: (index) => Number(ticks[index][0]) % every === 0,
      // Near the right edge a whole date would be cut off.
      formatter: (index) => (ticks[index][1] ? `{day|${index < ticks.length - 3 ? dayText(ticks[index][1]) : ticks[index][0]}}` : ticks[index][0]),
      rich: { day: { color: colours.ink, fontWeight: 600, fontSize: 11 } },
    },
  };
}

export function valueAxis(colours, more = {}) {
  return {
    type: "value",
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: colours.ink3, fontSize: 11 },
    splitLine: { lineStyle: { color: colours.line } },
    splitNumber: 4,
    ...more,
  };
}

export function tooltip(colours, more = {}) {
  return {
    trigger: "axis",
    backgroundColor: colours.surface,
    borderColor: colours.line2,
    borderRadius: 6,
    padding: [8, 12],
    textStyle: { ...textStyle(colours), fontSize: 12, color: colours.ink },
    axisPointer: { type: "line", lineStyle: { color: colours.ink3, type: "dashed" } },
    confine: true,
    ...more,
  };
}

const clean = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** A tooltip of a title and [label, value] rows. */
export function tooltipRows(title, rows) {
  const lines = rows.map(([label, value]) => `<div style="display:flex;justify-content:space-between;gap:24px"><span>${clean(label)}</span><b>${clean(value)}</b></div>`);
  return `<div style="font-weight:600;margin-bottom:4px">${clean(title)}</div>${lines.join("")}`;
}

export const chinese = () => document.documentElement.lang.startsWith("zh");

/** A whole amount on an axis, in ten thousands where Chinese counts so. */
export function axisNumber(value) {
  if (chinese() && Math.abs(value) >= 10000) return `${value / 10000} 万`;
  return value.toLocaleString("en-US");
}

export const yuan = (value) =>
  value == null ? "—" : `${value < 0 ? "−" : ""}¥${Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

/**
 * Base of the chart elements. A subclass gives option(data, colours). Data come from the element that data-source names
 * (its data-json), or from show(data), as often as one likes: at most one repaint a frame.
 */
export class ChartElement extends HTMLElement {
  connectedCallback() {
    this.chart = echarts.init(this, null, { renderer: "canvas" });
    this.resizer = new ResizeObserver(() => {
      this.chart.resize();
      if (this.clientWidth !== this.drawnWidth) this.draw(true);
    });
    this.resizer.observe(this);
    this.themes = new MutationObserver(() => this.draw(true));
    this.themes.observe(document.documentElement, { attributeFilter: ["data-bs-theme", "data-ud"] });
    this.system = matchMedia("(prefers-color-scheme: dark)");
    this.redraw = () => this.draw(true);
    this.system.addEventListener("change", this.redraw);
    this.refresh = () => this.draw();
    document.addEventListener("htmx:afterSettle", this.refresh);
    this.clicked?.(this.chart);
    this.draw(true);
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:afterSettle", this.refresh);
    this.system.removeEventListener("change", this.redraw);
    this.themes.disconnect();
    this.resizer.disconnect();
    this.chart.dispose();
  }

  /** Draw these data from now on, whatever data-source says. */
  show(data) {
    this.shown = true;
    this.data = data;
    this.paint();
  }

  draw(anew = false) {
    if (anew) this.colours = null;
    if (this.shown) {
      if (anew) this.paint();
      return;
    }
    const json = document.getElementById(this.dataset.source)?.dataset.json;
    if (!json || (!anew && json === this.drawn)) return;
    this.drawn = json;
    this.data = JSON.parse(json);
    this.paint();
  }

  paint() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      if (!this.isConnected || !this.data) return;
      const isNew = !this.colours;
      this.colours ??= readTokens();
      this.drawnWidth = this.clientWidth;
      const option = { animation: false, ...this.option(this.data, this.colours) };
      // A live chart keeps its axes and exchanges its series: no component is made anew at every repaint.
      const started = performance.now();
      this.chart.setOption(option, isNew ? { notMerge: true } : { replaceMerge: ["series"] });
      this.costMs = performance.now() - started;
    });
  }
}
