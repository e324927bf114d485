// <stacked-days-chart>: an amount a day, stacked by compute class. Data: {days: [ISO dates], series: [{name, colour, values}]}.

import { axisNumber, ChartElement, chinese, textStyle, tooltip, tooltipRows, valueAxis, yuan } from "./chart.js";

const locale = () => (chinese() ? "zh-CN" : "en-GB");

function dayLabel(iso) {
  const day = new Date(`${iso}T00:00:00Z`);
  const weekday = day.toLocaleDateString(locale(), { weekday: "short", timeZone: "UTC" });
  return `${weekday}\n${iso.slice(5)}`;
}

customElements.define("stacked-days-chart", class extends ChartElement {
  option(data, colours) {
    const totals = data.days.map((_, i) => data.series.reduce((sum, s) => sum + s.values[i], 0));
    const few = data.days.length <= 10 && this.clientWidth > 60 * data.days.length;
    return {
      textStyle: textStyle(colours),
      grid: { left: 8, right: 8, top: 24, bottom: 4, containLabel: true },
      tooltip: tooltip(colours, {
        axisPointer: { type: "shadow", shadowStyle: { color: colours.line, opacity: 0.4 } },
        formatter: (points) => tooltipRows(data.days[points[0].dataIndex], [
          ...data.series.map((s) => [s.name, yuan(s.values[points[0].dataIndex])]),
          ["=", yuan(totals[points[0].dataIndex])],
        ]),
      }),
      xAxis: {
        type: "category",
        data: data.days,
        axisLine: { lineStyle: { color: colours.line2 } },
        axisTick: { show: false },
        axisLabel: { color: colours.ink3, fontSize: 11, lineHeight: 15, hideOverlap: true, formatter: dayLabel },
      },
      yAxis: valueAxis(colours, { axisLabel: { color: colours.ink3, fontSize: 11, formatter: axisNumber } }),
      series: data.series.map((s, index) => ({
        name: s.name,
        type: "bar",
        stack: "day",
        barMaxWidth: 44,
        barCategoryGap: "45%",
        data: s.values,
        itemStyle: { color: colours[s.colour], borderColor: colours.surface, borderWidth: 0.5 },
        label: {
          show: few && index === data.series.length - 1,
          position: "top",
          color: colours.ink,
          fontSize: 11,
          fontWeight: 500,
          formatter: (point) => (totals[point.dataIndex] ? yuan(totals[point.dataIndex]).slice(1) : ""),
        },
      })),
    };
  }
});
