// <class-lines>: a line for each compute class over time. Data: {unit: "%" or "¥", times, days, series: [{name, colour, values}]}.

import { ChartElement, textStyle, tooltip, tooltipRows, valueAxis, yuan } from "./chart.js";

const LABEL_PX = 72;

customElements.define("class-lines", class extends ChartElement {
  option(data, c) {
    const isShare = data.unit === "%";
    const text = (value) => (isShare ? `${value}%` : `¥${value}`);
    // As many days as have room below the axis.
    const starts = data.days.flatMap((text, i) => (i > 0 && data.days[i - 1] === text ? [] : [i]));
    const every = Math.ceil(starts.length / Math.max((this.clientWidth - 60) / LABEL_PX, 1));
    const shown = new Set(starts.filter((_, place) => place % every === 0));
    return {
      textStyle: textStyle(c),
      grid: { left: 8, right: 24, top: 12, bottom: 4, containLabel: true },
      xAxis: {
        type: "category",
        data: data.times,
        boundaryGap: false,
        axisLine: { lineStyle: { color: c.line2 } },
        axisTick: { show: false },
        axisLabel: { color: c.ink3, fontSize: 11, hideOverlap: true, interval: (i) => shown.has(i), formatter: (_, i) => data.days[i] },
      },
      yAxis: valueAxis(c, { ...(isShare ? { min: 0, max: 100, interval: 25 } : { scale: true }), axisLabel: { color: c.ink3, fontSize: 11, formatter: text } }),
      tooltip: tooltip(c, {
        formatter: (items) => tooltipRows(data.times[items[0].dataIndex], data.series.map((s) => {
          const value = s.values[items[0].dataIndex];
          return [s.name, value === null ? "—" : isShare ? text(value) : yuan(value)];
        })),
      }),
      series: data.series.map((s) => ({
        type: "line",
        name: s.name,
        symbol: isShare || s.values.length > 60 ? "none" : "circle",
        symbolSize: 5,
        lineStyle: { color: c[s.colour], width: 1.5 },
        itemStyle: { color: c[s.colour] },
        data: s.values,
      })),
    };
  }
});
