// <market-curve>: best ask and best bid by delivery hour, what is on offer below. <market-depth>: a book's two staircases.

import { ChartElement, rulerAxis, textStyle, tooltip, tooltipRows, valueAxis, yuan } from "./chart.js";

class MarketCurve extends ChartElement {
  clicked(chart) {
    chart.getZr().on("click", (event) => {
      const index = chart.convertFromPixel({ gridIndex: 0 }, [event.offsetX, event.offsetY])[0];
      const hour = this.data.hours[Math.round(index)];
      if (hour === undefined) return;
      const query = new URLSearchParams(location.search);
      query.set("hour", hour);
      query.set("span", this.data.hours.length);
      const url = `${this.data.address}?${query}`;
      history.replaceState(null, "", url);
      window.htmx.ajax("GET", url, { target: "#live-data", swap: "outerHTML" });
    });
  }

  option(data, c) {
    const { words } = data;
    const step = { type: "line", step: "middle", symbol: "none", connectNulls: false };
    const spread = data.ask.map((ask, i) => (ask === null || data.bid[i] === null ? null : Math.max(ask - data.bid[i], 0)));
    const floor = data.bid.map((bid, i) => (spread[i] === null ? null : bid));
    const chosen = data.chosen;
    const band = {
      type: "bar", xAxisIndex: 0, yAxisIndex: 2, barWidth: "100%", silent: true, z: 0, tooltip: { show: false },
      itemStyle: { color: c["accent-soft"], borderColor: c.accent, borderWidth: 1 },
      data: data.hours.map((_, i) => (i === chosen ? 1 : null)),
    };
    const own = data.orders.map(([from, to, price]) => ({
      type: "line", xAxisIndex: 0, yAxisIndex: 0, symbol: "circle", symbolSize: (_, p) => (p.dataIndex === 0 ? 6 : 0), silent: true, z: 6,
      lineStyle: { color: c.accent, width: 2 }, itemStyle: { color: c.accent },
      data: [[Math.max(from, 0), price], [Math.min(to, data.hours.length) - 1, price]],
    }));
    return {
      textStyle: textStyle(c),
      grid: [
        { left: 52, right: 20, top: 14, bottom: 112 },
        { left: 52, right: 20, height: 56, bottom: 30 },
      ],
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      xAxis: [
        { ...rulerAxis(data.ticks, c, this.clientWidth - 72), axisLabel: { show: false }, gridIndex: 0 },
        { ...rulerAxis(data.ticks, c, this.clientWidth - 72), gridIndex: 1 },
      ],
      yAxis: [
        valueAxis(c, { gridIndex: 0, scale: true, min: (v) => Math.max(0, Math.floor(v.min - (v.max - v.min) * 0.08)) }),
        valueAxis(c, { gridIndex: 1, splitNumber: 1, splitLine: { show: false }, minInterval: 1 }),
        { gridIndex: 0, show: false, min: 0, max: 1 },
      ],
      tooltip: tooltip(c, {
        formatter: (items) => {
          const i = items[0].dataIndex;
          return tooltipRows(data.times[i], [
            [words.ask, yuan(data.ask[i])], [words.bid, yuan(data.bid[i])], [words.vwap, yuan(data.vwap[i])],
            [words.offered, data.offered[i].toLocaleString("en-US")],
          ]);
        },
      }),
      series: [
        band,
        { ...step, data: floor, stack: "spread", lineStyle: { opacity: 0 }, silent: true },
        { ...step, data: spread, stack: "spread", lineStyle: { opacity: 0 }, areaStyle: { color: c.ink3, opacity: 0.16 }, silent: true },
        { ...step, data: data.ask, lineStyle: { color: c.down, width: 1.5 }, itemStyle: { color: c.down } },
        { ...step, data: data.bid, lineStyle: { color: c.up, width: 1.5 }, itemStyle: { color: c.up } },
        { type: "scatter", data: data.vwap, symbolSize: 5, itemStyle: { color: c.ink }, z: 5 },
        {
          type: "bar", xAxisIndex: 1, yAxisIndex: 1, barCategoryGap: "18%",
          data: data.offered.map((value, i) => ({ value, itemStyle: { color: c.c2, opacity: i === chosen ? 1 : 0.55, borderRadius: [2, 2, 0, 0] } })),
        },
        ...own,
      ],
    };
  }
}

class MarketDepth extends ChartElement {
  option(data, c) {
    const bids = [...data.bids].reverse();
    const { asks, words } = data;
    if (!bids.length && !asks.length) {
      return { title: { text: words.none, left: "center", top: "middle", textStyle: { ...textStyle(c), fontSize: 12, fontWeight: 400 } } };
    }
    const side = (points, colour, step) => ({
      type: "line", step, symbol: "none", data: points, lineStyle: { color: colour, width: 1.5 }, areaStyle: { color: colour, opacity: 0.14 },
    });
    const middle = bids.length && asks.length ? (data.bids[0][0] + asks[0][0]) / 2 : null;
    return {
      textStyle: textStyle(c),
      grid: { left: 48, right: 24, top: 24, bottom: 28 },
      xAxis: { ...valueAxis(c, { splitLine: { show: false }, scale: true }), axisLabel: { color: c.ink3, fontSize: 11, formatter: (v) => v.toFixed(2) } },
      yAxis: valueAxis(c, { minInterval: 1 }),
      tooltip: tooltip(c, { formatter: (items) => tooltipRows(yuan(items[0].value[0]), [[items[0].seriesIndex ? words.asks : words.bids, items[0].value[1].toLocaleString("en-US")]]) }),
      series: [
        {
          ...side(bids, c.up, "start"),
          markLine: middle === null ? undefined : {
            silent: true, symbol: "none", lineStyle: { color: c.ink3, type: "dotted" }, label: { formatter: middle.toFixed(2), color: c.ink2, fontSize: 11 }, data: [{ xAxis: middle }],
          },
        },
        side(asks, c.down, "end"),
      ],
    };
  }
}

customElements.define("market-curve", MarketCurve);
customElements.define("market-depth", MarketDepth);
