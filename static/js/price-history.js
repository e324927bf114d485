// <price-history>: a class's index by interval, from its lowest to its highest price, and what was traded below.
// Data: {times, days, index, low, high, volume, colour, words}.

import { ChartElement, textStyle, tooltip, tooltipRows, valueAxis, yuan } from "./chart.js";

customElements.define("price-history", class extends ChartElement {
  option(data, c) {
    const { words } = data;
    const days = (i) => (i > 0 && data.days[i - 1] === data.days[i] ? "" : data.days[i]);
    const axis = (gridIndex, show) => ({
      type: "category",
      gridIndex,
      data: data.times,
      boundaryGap: true,
      axisLine: { lineStyle: { color: c.line2 } },
      axisTick: { show: false },
      axisLabel: { show, color: c.ink3, fontSize: 11, hideOverlap: true, interval: (i) => Boolean(days(i)), formatter: (_, i) => days(i) },
    });
    const colour = c[data.colour];
    return {
      textStyle: textStyle(c),
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      grid: [{ left: 52, right: 20, top: 16, height: "58%" }, { left: 52, right: 20, bottom: 28, height: "20%" }],
      xAxis: [axis(0, false), axis(1, true)],
      yAxis: [
        valueAxis(c, { scale: true, axisLabel: { color: c.ink3, fontSize: 11, formatter: (v) => `¥${v}` } }),
        valueAxis(c, { gridIndex: 1, splitNumber: 2 }),
      ],
      tooltip: tooltip(c, {
        formatter: (items) => {
          const i = items[0].dataIndex;
          return tooltipRows(data.times[i], [
            [words.index, yuan(data.index[i])],
            [words.range, `${yuan(data.low[i])} – ${yuan(data.high[i])}`],
            [words.volume, data.volume[i].toLocaleString("en-US")],
          ]);
        },
      }),
      series: [
        { type: "line", stack: "range", silent: true, symbol: "none", lineStyle: { opacity: 0 }, data: data.low },
        { type: "line", stack: "range", silent: true, symbol: "none", lineStyle: { opacity: 0 }, areaStyle: { color: colour, opacity: 0.12 }, data: data.high.map((v, i) => v - data.low[i]) },
        { type: "line", symbol: data.index.length < 3 ? "circle" : "none", lineStyle: { color: colour, width: 1.5 }, itemStyle: { color: colour }, data: data.index },
        { type: "bar", xAxisIndex: 1, yAxisIndex: 1, barMaxWidth: 20, itemStyle: { color: c.line2 }, data: data.volume },
      ],
    };
  }
});
