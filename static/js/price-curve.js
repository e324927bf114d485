// <price-curve>: a week's prices as steps, beside the market's last week and the floor. Data: {prices, market, floor} in yuan, and words.
// The form beside it fills the week, and the chart follows every price that is typed.

import { ChartElement, chinese, textStyle, tooltip, tooltipRows, valueAxis, yuan } from "./chart.js";

const WEEK = 168;
const DAY_FROM = 8;
const DAY_TO = 22;

function dayName(day) {
  // 5 January 1970 was a Monday.
  return new Date((4 + day) * 86400_000).toLocaleDateString(chinese() ? "zh-CN" : "en-GB", { weekday: "short", timeZone: "UTC" });
}

const label = (hour) => `${dayName(Math.floor(hour / 24))} ${String(hour % 24).padStart(2, "0")}:00`;

customElements.define("price-curve", class extends ChartElement {
  option(data, colours) {
    const asks = data.prices.map((price) => (price == null ? null : Math.max(price, data.floor ?? 0)));
    return {
      textStyle: textStyle(colours),
      grid: { left: 8, right: 12, top: 16, bottom: 4, containLabel: true },
      tooltip: tooltip(colours, {
        formatter: (points) => tooltipRows(label(points[0].dataIndex), points.map((p) => [p.seriesName, yuan(p.value)])),
      }),
      xAxis: {
        type: "category",
        data: [...Array(WEEK).keys()],
        axisLine: { lineStyle: { color: colours.line2 } },
        axisTick: { show: false },
        splitLine: { show: true, interval: (index) => index % 24 === 0, lineStyle: { color: colours.line2 } },
        axisLabel: {
          color: colours.ink3, fontSize: 11, interval: (index) => index % 12 === 0,
          formatter: (index) => (index % 24 === 0 ? `{day|${dayName(index / 24)}}` : this.clientWidth > 520 ? "12" : ""),
          rich: { day: { color: colours.ink, fontWeight: 600, fontSize: 11 } },
        },
      },
      yAxis: valueAxis(colours, { scale: true, axisLabel: { color: colours.ink3, fontSize: 11, formatter: (v) => `¥${v}` } }),
      series: [
        { name: data.words.market, type: "line", data: data.market, showSymbol: false, lineStyle: { color: colours.ink3, width: 1 }, itemStyle: { color: colours.ink3 } },
        { name: data.words.mine, type: "line", step: "end", data: asks, showSymbol: false, lineStyle: { color: colours.accent, width: 2 }, itemStyle: { color: colours.accent } },
        ...(data.floor ? [{ name: data.words.floor, type: "line", data: Array(WEEK).fill(data.floor), showSymbol: false, lineStyle: { color: colours.warn, width: 1.5, type: "dashed" }, itemStyle: { color: colours.warn } }] : []),
      ],
    };
  }
});

const form = document.getElementById("curve-form");
const chart = form?.querySelector("price-curve");
const given = JSON.parse(document.getElementById("curve-data")?.dataset.json ?? "{}");
const number = (input) => { const value = Number(input?.value); return input?.value.trim() && value > 0 ? value : null; };

function show() {
  const prices = [...form.querySelectorAll("input[name=hour]")].map(number);
  const floor = number(form.elements.floor_fen);
  chart.show({ ...given, prices, floor });
  const traded = given.market.map((market, hour) => [market, prices[hour] == null ? null : Math.max(prices[hour], floor ?? 0)]).filter(([market]) => market != null);
  const outlook = document.getElementById("curve-outlook");
  outlook.textContent = traded.length
    ? outlook.dataset.text.replace("{n}", traded.filter(([market, ask]) => ask != null && market >= ask).length).replace("{all}", traded.length)
    : "";
}

if (chart) {
  form.addEventListener("input", show);
  document.getElementById("curve-fill").addEventListener("click", (event) => {
    const [days, nights, weekend] = ["days_fen", "nights_fen", "weekend_fen"].map((name) => form.elements[name].value.trim());
    if (!days) return; // the server says what is missing
    event.preventDefault();
    form.querySelectorAll("input[name=hour]").forEach((input, hour) => {
      const clock = hour % 24;
      input.value = hour >= 120 && weekend ? weekend : clock >= DAY_FROM && clock < DAY_TO ? days : nights || days;
    });
    show();
  });
  show();
}
