// <job-chart>: what each hour of the job costs, the other hours of its window, the average and the limit.
// Also the ticket's guard: while the form is newer than the preview, nothing can be sent.

import { ChartElement, rulerAxis, textStyle, tooltip, tooltipRows, valueAxis, yuan } from "./chart.js";

const ABOVE_LIMIT = 1;
const OTHER = 2;

class JobChart extends ChartElement {
  /** A drag over hours makes them the job's: its start, its length, and no later start. */
  clicked(chart) {
    const at = (event) => {
      const index = Math.round(chart.convertFromPixel({ gridIndex: 0 }, [event.offsetX, event.offsetY])[0]);
      return Math.min(Math.max(index, 0), this.data.prices.length - 1);
    };
    let from = null;
    chart.getZr().on("mousedown", (event) => {
      from = this.data && event.offsetX > 52 ? at(event) : null;
    });
    chart.getZr().on("mousemove", (event) => {
      if (from === null) return;
      const to = at(event);
      this.picked = [Math.min(from, to), Math.max(from, to)];
      this.paint();
    });
    chart.getZr().on("mouseup", (event) => {
      const to = from === null ? null : at(event);
      if (to !== null && to !== from) this.choose(Math.min(from, to), Math.max(from, to));
      from = this.picked = null;
      this.paint();
    });
  }

  choose(from, to) {
    const { start, hours, flexibility } = document.querySelector("[data-ticket]").elements;
    const first = String(this.data.first + from);
    if (![...start.options].some((option) => option.value === first)) return;
    start.value = first;
    hours.value = to - from + 1;
    flexibility.value = "0";
    hours.dispatchEvent(new Event("input", { bubbles: true }));
  }

  option(data, c) {
    const { words } = data;
    const colour = { 0: c.accent, [ABOVE_LIMIT]: c["heat-6"] };
    const bar = (value, kind) =>
      kind === OTHER
        ? { value, itemStyle: { color: c.sunken, borderColor: c.line2, borderWidth: 1, borderRadius: [2, 2, 0, 0] } }
        : { value, itemStyle: { color: colour[kind], borderRadius: [2, 2, 0, 0] } };
    const line = (value, from, to, style, label, labelOffset = -10) => ({
      type: "line", silent: true, symbol: "none", z: 5, lineStyle: style, data: [[from, value], [to, value]],
      endLabel: { show: true, formatter: label, color: style.color, fontSize: 11, fontWeight: 600, align: "right", offset: [-4, labelOffset], backgroundColor: c.surface, padding: [1, 4], borderRadius: 2 },
    });
    const lines = [];
    const last = data.prices.length - 1;
    if (data.average !== null && data.from !== null) {
      // Below its line where the limit's label would cover it.
      const isNearLimit = data.limit !== null && Math.abs(data.limit - data.average) < 0.1 * data.limit;
      const label = `${words.average} ${data.average.toFixed(2)}`;
      lines.push(line(data.average, data.from, data.to, { color: c.ink, width: 1.5 }, label, isNearLimit ? 12 : -10));
    }
    if (data.limit !== null) {
      lines.push(line(data.limit, 0, last, { color: c.warn, width: 1.5, type: "dashed" }, `${words.limit} ${data.limit.toFixed(2)}`));
    }
    return {
      textStyle: textStyle(c),
      grid: { left: 52, right: 20, top: 24, bottom: 30 },
      xAxis: rulerAxis(data.ticks, c, this.clientWidth - 72),
      yAxis: { ...valueAxis(c), axisLabel: { color: c.ink3, fontSize: 11, formatter: (v) => `¥${v}` }, max: (v) => (data.limit !== null && data.limit > v.max ? Math.ceil(data.limit * 1.1) : null) },
      tooltip: tooltip(c, {
        formatter: (items) => {
          const i = items[0].dataIndex;
          const label = data.kinds[i] === OTHER ? words.ask : words.price;
          return tooltipRows(data.times[i], [[label, data.prices[i] === null ? words.none : yuan(data.prices[i])]]);
        },
        axisPointer: { type: "shadow", shadowStyle: { color: c.ink3, opacity: 0.08 } },
      }),
      series: [
        { type: "bar", barCategoryGap: "16%", barMaxWidth: 64, markArea: this.picked ? { silent: true, itemStyle: { color: c.accent, opacity: 0.18 }, data: [[{ xAxis: this.picked[0] }, { xAxis: this.picked[1] }]] } : undefined, data: data.prices.map((price, i) => bar(price, data.kinds[i])) },
        ...lines,
      ],
    };
  }
}

customElements.define("job-chart", JobChart);

document.addEventListener("input", (event) => {
  if (event.target.form?.matches("[data-ticket]")) document.getElementById("preview")?.setAttribute("data-pending", "");
});

// What was typed before htmx was there to hear it is previewed now.
addEventListener("load", () => {
  const form = document.querySelector("[data-ticket]");
  const typed = [...(form?.elements ?? [])].find((field) => field.matches("input[type=number]") && field.value !== field.defaultValue);
  typed?.dispatchEvent(new Event("input", { bubbles: true }));
});
