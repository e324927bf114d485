// <money-steps-chart>: totals that nearly agree and what lies between them. Data: [{name, amount, low, high, role}], in yuan.
// The axis may start above zero, or the steps could not be seen: the bars then carry break marks, and the panel says so.

import { ChartElement, chinese, textStyle, tooltip, tooltipRows, yuan } from "./chart.js";

function axisStart(steps) {
  const totals = steps.filter((s) => s.low === 0).map((s) => s.high);
  const least = Math.min(...steps.map((s) => (s.low === 0 ? s.high : s.low)));
  const most = Math.max(...totals);
  if (most <= 0 || least < most * 0.5) return 0;
  const room = Math.max((most - least) * 1.35, most * 0.02);
  const unit = 10 ** Math.floor(Math.log10(room));
  return Math.max(0, Math.floor((most - room) / unit) * unit);
}

function short(value) {
  if (chinese()) return value >= 10000 ? `${Number((value / 10000).toFixed(2))} 万` : value.toLocaleString("en-US");
  return value >= 1000 ? `${Number((value / 1000).toFixed(1)).toLocaleString("en-US")}k` : value.toLocaleString("en-US");
}

customElements.define("money-steps-chart", class extends ChartElement {
  option(steps, colours) {
    const start = axisStart(steps);
    const note = document.getElementById(this.dataset.note);
    if (note) note.textContent = start ? note.dataset.text.replace("{start}", short(start)) : "";
    const fill = { quiet: colours.ink3, total: colours.c1, change: colours.c2 };
    return {
      textStyle: textStyle(colours),
      grid: { left: chinese() ? 116 : 148, right: 108, top: 4, bottom: 22 },
      tooltip: tooltip(colours, {
        axisPointer: { type: "shadow", shadowStyle: { color: colours.line, opacity: 0.3 } },
        formatter: (points) => tooltipRows(steps[points[0].dataIndex].name, [["¥", yuan(steps[points[0].dataIndex].amount)]]),
      }),
      xAxis: {
        type: "value", min: start, splitNumber: 3,
        axisLabel: { color: colours.ink3, fontSize: 11, formatter: short, hideOverlap: true },
        splitLine: { lineStyle: { color: colours.line } },
      },
      yAxis: {
        type: "category", inverse: true, data: steps.map((s) => s.name),
        axisLine: { show: false }, axisTick: { show: false },
        axisLabel: { color: colours.ink2, fontSize: 12, align: "left", margin: chinese() ? 112 : 144 },
      },
      series: [
        { type: "bar", stack: "step", silent: true, itemStyle: { color: "transparent" }, data: steps.map((s) => Math.max(s.low, start)) },
        {
          type: "bar", stack: "step", barWidth: 16,
          data: steps.map((s) => ({ value: s.high - Math.max(s.low, start), itemStyle: { color: fill[s.role], borderRadius: 1, opacity: s.role === "quiet" ? 0.75 : 1 } })),
          markPoint: start ? {
            silent: true, symbol: "path://M0 10 L4 0 L5.500 0 L1.500 10 Z M4 10 L8 0 L9.500 0 L5.500 10 Z", symbolSize: [10, 18],
            itemStyle: { color: colours.surface }, label: { show: false },
            data: steps.map((s, i) => ({ s, i })).filter(({ s }) => s.low === 0).map(({ s, i }) => ({ coord: [start + (s.high - start) * 0.04, i] })),
          } : undefined,
        },
      ],
    };
  }

  draw(anew) {
    super.draw(anew);
    // The amounts stand in a column at the right edge, as in a table.
    requestAnimationFrame(() => {
      if (!this.isConnected || !this.data) return;
      const style = getComputedStyle(this);
      const height = (this.clientHeight - 26) / this.data.length;
      this.chart.setOption({
        graphic: this.data.map((s, i) => ({
          type: "text", right: 0, top: 4 + height * i + height / 2 - 7, silent: true,
          style: {
            text: (s.role === "change" && s.amount > 0 ? "+" : "") + yuan(s.amount).replace("¥-", "−").replace("¥", ""),
            fill: style.color, font: `${s.role === "change" ? 400 : 600} 12px ${style.fontFamily}`, textAlign: "right",
          },
        })),
      });
    });
  }
});
