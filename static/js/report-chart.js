// <report-chart>: a report's bars. Days stand side by side, names lie below each other; series are stacked.
// Data: {days: bool, money: bool, labels: [text], series: [{name, colour, values}]}.

import { axisNumber, ChartElement, textStyle, tooltip, tooltipRows, valueAxis, yuan } from "./chart.js";

customElements.define("report-chart", class extends ChartElement {
  option(data, colours) {
    const write = data.money ? yuan : (value) => value.toLocaleString("en-US");
    const totals = data.labels.map((_, i) => data.series.reduce((sum, s) => sum + s.values[i], 0));
    const short = (text) => (text.length > 32 ? `${text.slice(0, 31)}…` : text);
    const few = data.days ? data.labels.length <= 10 && this.clientWidth > 70 * data.labels.length : this.clientWidth > 420;
    const names = {
      type: "category",
      data: data.labels,
      inverse: !data.days,
      axisLine: { lineStyle: { color: colours.line2 } },
      axisTick: { show: false },
      axisLabel: {
        color: colours.ink3, fontSize: 11, hideOverlap: true,
        formatter: (text) => (data.days ? text.slice(5) : short(text)),
        ...(data.days ? {} : { width: this.clientWidth < 600 ? 110 : 210, overflow: "truncate" }),
      },
    };
    const values = valueAxis(colours, { ...(data.money ? {} : { minInterval: 1 }), axisLabel: { color: colours.ink3, fontSize: 11, formatter: axisNumber, hideOverlap: true } });
    return {
      textStyle: textStyle(colours),
      grid: { left: data.days ? 8 : 16, right: data.days ? 8 : few ? 96 : 16, top: 24, bottom: 4, containLabel: true },
      tooltip: tooltip(colours, {
        axisPointer: { type: "shadow", shadowStyle: { color: colours.line, opacity: 0.4 } },
        formatter: (points) => {
          const place = points[0].dataIndex;
          const rows = data.series.map((s) => [s.name, write(s.values[place])]);
          return tooltipRows(data.labels[place], data.series.length > 1 ? [...rows, ["=", write(totals[place])]] : rows);
        },
      }),
      xAxis: data.days ? names : values,
      yAxis: data.days ? values : names,
      series: data.series.map((s, index) => ({
        name: s.name,
        type: "bar",
        stack: "one",
        barMaxWidth: data.days ? 44 : 18,
        barCategoryGap: "40%",
        data: s.values,
        itemStyle: { color: colours[s.colour], borderColor: colours.surface, borderWidth: 0.5 },
        label: {
          show: few && index === data.series.length - 1,
          position: data.days ? "top" : "right",
          color: colours.ink,
          fontSize: 11,
          fontWeight: 500,
          formatter: (point) => (totals[point.dataIndex] ? write(totals[point.dataIndex]).replace("¥", "") : ""),
        },
      })),
    };
  }
});
