// <market-curve>: best ask and best bid by delivery hour, what is on offer below. <market-depth>: a book's two staircases.
// <market-candles>: open, high, low, close by trading time.

import { ChartElement, rulerAxis, textStyle, tooltip, tooltipRows, valueAxis, yuan } from "./chart.js";

const band = (from, to) => from.map((low, i) => (low == null || to[i] == null ? null : Math.max(to[i] - low, 0)));

class MarketCurve extends ChartElement {
  /** A click chooses an hour, a drag several: "hours" with detail {from, to}, indexes with both ends included. */
  clicked(chart) {
    const at = (event) => {
      const index = Math.round(chart.convertFromPixel({ gridIndex: 0 }, [event.offsetX, event.offsetY])[0]);
      return Math.min(Math.max(index, 0), this.data.hours.length - 1);
    };
    let from = null;
    chart.getZr().on("mousedown", (event) => {
      from = this.data && event.offsetX > 52 ? at(event) : null;
    });
    chart.getZr().on("mouseup", (event) => {
      if (from === null) return;
      const to = at(event);
      this.dispatchEvent(new CustomEvent("hours", { bubbles: true, detail: { from: Math.min(from, to), to: Math.max(from, to) } }));
      from = null;
    });
  }

  option(data, c) {
    const { words } = data;
    const step = { type: "line", step: "middle", symbol: "none", connectNulls: false };
    const nothing = data.hours.map(() => null);
    const [deepBid, deepAsk] = [data.deepBid ?? nothing, data.deepAsk ?? nothing];
    const ribbon = (name, from, to, colour, opacity) => [
      { ...step, data: from.map((low, i) => (to[i] == null ? null : low)), stack: name, lineStyle: { opacity: 0 }, silent: true, z: 1 },
      { ...step, data: band(from, to), stack: name, lineStyle: { opacity: 0 }, areaStyle: { color: colour, opacity }, silent: true, z: 1 },
    ];
    const isChosen = (i) => data.chosen !== null && i >= data.chosen && i < data.chosen + (data.chosenHours ?? 1);
    const own = data.orders.map(([from, to, price]) => ({
      type: "line", xAxisIndex: 0, yAxisIndex: 0, symbol: "circle", symbolSize: (_, p) => (p.dataIndex === 0 ? 6 : 0), silent: true, z: 6,
      lineStyle: { color: c.accent, width: 2 }, itemStyle: { color: c.accent },
      data: [[Math.max(from, 0), price], [Math.min(to, data.hours.length) - 1, price]],
    }));
    const axis = rulerAxis(data.ticks, c, this.clientWidth - 72);
    return {
      textStyle: textStyle(c),
      grid: [
        { left: 52, right: 20, top: 10, bottom: 96 },
        { left: 52, right: 20, height: 48, bottom: 26 },
      ],
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      xAxis: [
        { ...axis, axisLabel: { show: false }, gridIndex: 0 },
        { ...axis, gridIndex: 1 },
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
        {
          type: "bar", xAxisIndex: 0, yAxisIndex: 2, barWidth: "101%", silent: true, z: 0, tooltip: { show: false },
          itemStyle: { color: c["accent-soft"] },
          data: data.hours.map((_, i) => (isChosen(i) ? 1 : null)),
        },
        ...ribbon("deep bid", deepBid, data.bid, c.up, 0.13),
        ...ribbon("spread", data.bid, data.ask, c.ink3, 0.18),
        ...ribbon("deep ask", data.ask, deepAsk, c.down, 0.13),
        { ...step, data: data.ask, lineStyle: { color: c.down, width: 1.5 }, itemStyle: { color: c.down }, z: 3 },
        { ...step, data: data.bid, lineStyle: { color: c.up, width: 1.5 }, itemStyle: { color: c.up }, z: 3 },
        { type: "scatter", data: data.vwap, symbolSize: 5, itemStyle: { color: c.ink }, z: 5 },
        {
          type: "bar", xAxisIndex: 1, yAxisIndex: 1, barCategoryGap: "18%",
          data: data.offered.map((value, i) => ({ value, itemStyle: { color: c.c2, opacity: isChosen(i) ? 1 : 0.55, borderRadius: [2, 2, 0, 0] } })),
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
    const isEmpty = !bids.length && !asks.length;
    // A staircase starts from nothing at its best price.
    const grounded = (points, best) => (best === undefined ? points : points[0] === best ? [[best[0], 0], ...points] : [...points, [best[0], 0]]);
    const side = (points, colour, step) => ({
      type: "line", step, symbol: "none", data: points, lineStyle: { color: colour, width: 1.5 }, areaStyle: { color: colour, opacity: 0.14 },
    });
    const middle = bids.length && asks.length ? (data.bids[0][0] + asks[0][0]) / 2 : null;
    return {
      title: { show: isEmpty, text: words.none, left: "center", top: "middle", textStyle: { ...textStyle(c), fontSize: 12, fontWeight: 400 } },
      textStyle: textStyle(c),
      grid: { left: 48, right: 24, top: 24, bottom: 28 },
      xAxis: { ...valueAxis(c, { show: !isEmpty, splitLine: { show: false }, scale: true }), axisLabel: { color: c.ink3, fontSize: 11, formatter: (v) => v.toFixed(2) } },
      yAxis: valueAxis(c, { show: !isEmpty, minInterval: 1 }),
      tooltip: tooltip(c, { formatter: (items) => tooltipRows(yuan(items[0].value[0]), [[items[0].seriesIndex ? words.asks : words.bids, items[0].value[1].toLocaleString("en-US")]]) }),
      series: [
        {
          ...side(grounded(bids, data.bids[0]), c.up, "start"),
          markLine: middle === null ? undefined : {
            silent: true, symbol: "none", lineStyle: { color: c.ink3, type: "dotted" }, label: { formatter: middle.toFixed(2), color: c.ink2, fontSize: 11 }, data: [{ xAxis: middle }],
          },
        },
        side(grounded(asks, asks[0]), c.down, "end"),
      ],
    };
  }
}

class MarketCandles extends ChartElement {
  /** data: {candles: [{at, open, high, low, close, volume}] in yuan, oldest first, minutes, words} */
  option(data, c) {
    const { candles, words } = data;
    const timeZone = document.documentElement.dataset.timeZone || "Asia/Shanghai";
    const language = document.documentElement.lang.startsWith("zh") ? "zh-CN" : "en-GB";
    const clock = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
    const day = new Intl.DateTimeFormat(language, { timeZone, day: "numeric", month: "short" });
    // Hours without a trade have no candle, so a clock alone does not say which day it is.
    const days = candles.map((k) => day.format(k.at));
    const isNewDay = (i) => i > 0 && days[i] !== days[i - 1];
    const hasManyDays = data.minutes < 1440 && new Set(days).size > 2;
    const text = (at, i) => (data.minutes >= 1440 || hasManyDays || isNewDay(i) ? day.format(at) : clock.format(at));
    const last = candles.at(-1)?.close;
    const isUp = (k) => k.close >= k.open;
    const axis = {
      type: "category", data: candles.map((k) => k.at), axisLine: { lineStyle: { color: c.line2 } }, axisTick: { show: false },
      axisLabel: { color: c.ink3, fontSize: 11, formatter: (at, i) => text(Number(at), i), interval: hasManyDays ? isNewDay : "auto", hideOverlap: true },
    };
    return {
      title: { show: !candles.length, text: words.none, left: "center", top: "middle", textStyle: { ...textStyle(c), fontSize: 12, fontWeight: 400 } },
      textStyle: textStyle(c),
      grid: [{ left: 48, right: 72, top: 12, bottom: 72 }, { left: 48, right: 72, height: 32, bottom: 26 }],
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      xAxis: [{ ...axis, axisLabel: { show: false }, gridIndex: 0 }, { ...axis, gridIndex: 1 }],
      yAxis: [valueAxis(c, { scale: true, gridIndex: 0 }), valueAxis(c, { gridIndex: 1, show: false })],
      tooltip: tooltip(c, {
        formatter: (items) => {
          const k = candles[items[0].dataIndex];
          return tooltipRows(`${day.format(k.at)} ${clock.format(k.at)}`, [
            [words.open, yuan(k.open)], [words.high, yuan(k.high)], [words.low, yuan(k.low)], [words.close, yuan(k.close)],
            [words.volume, k.volume.toLocaleString("en-US")],
          ]);
        },
      }),
      series: [
        {
          type: "candlestick", barMaxWidth: 14, xAxisIndex: 0, yAxisIndex: 0,
          itemStyle: { color: c.surface, color0: c.down, borderColor: c.up, borderColor0: c.down },
          data: candles.map((k) => [k.open, k.close, k.low, k.high]),
          markLine: last === undefined ? undefined : {
            silent: true, symbol: "none", lineStyle: { color: c.ink3, type: "dotted" },
            label: { position: "end", formatter: last.toFixed(2), color: c.surface, backgroundColor: c.ink, padding: [2, 4], borderRadius: 2, fontSize: 11 }, data: [{ yAxis: last }],
          },
        },
        { type: "bar", xAxisIndex: 1, yAxisIndex: 1, barMaxWidth: 14, data: candles.map((k) => ({ value: k.volume, itemStyle: { color: isUp(k) ? c.line2 : c.ink3, opacity: 0.7 } })) },
      ],
    };
  }
}

customElements.define("market-curve", MarketCurve);
customElements.define("market-depth", MarketDepth);
customElements.define("market-candles", MarketCandles);
