// <ageing-chart>: what is open by age, a bar a bucket; a bar opens its invoices. Data: {names, values, colours, addresses}.

import { ChartElement, textStyle, tooltip, tooltipRows, valueAxis, yuan } from "./chart.js";

customElements.define("ageing-chart", class extends ChartElement {
  option(data, colours) {
    const narrow = this.clientWidth < 520;
    return {
      textStyle: textStyle(colours),
      grid: { left: 8, right: 8, top: 24, bottom: 4, containLabel: true },
      tooltip: tooltip(colours, {
        axisPointer: { type: "shadow", shadowStyle: { color: colours.line, opacity: 0.4 } },
        formatter: (points) => tooltipRows(data.names[points[0].dataIndex], [["¥", yuan(data.values[points[0].dataIndex]).slice(1)]]),
      }),
      xAxis: {
        type: "category",
        data: data.names,
        axisLine: { lineStyle: { color: colours.line2 } },
        axisTick: { show: false },
        axisLabel: { color: colours.ink3, fontSize: 11, interval: 0, width: narrow ? 56 : 120, overflow: "break" },
      },
      yAxis: valueAxis(colours),
      series: [{
        type: "bar",
        barMaxWidth: 72,
        cursor: "pointer",
        data: data.values.map((value, i) => ({ value, itemStyle: { color: colours[data.colours[i]] } })),
        label: {
          show: !narrow,
          position: "top",
          color: colours.ink,
          fontSize: 11,
          fontWeight: 500,
          formatter: (point) => (point.value ? yuan(point.value).slice(1) : ""),
        },
      }],
    };
  }
});
