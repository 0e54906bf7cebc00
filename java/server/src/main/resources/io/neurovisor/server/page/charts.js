/* Throughput and latency of the last ten minutes, drawn by uPlot. */
"use strict";

const Charts = (() => {
  const WINDOW_SECONDS = 600;
  const HEIGHT = 150;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /* Both axes begin at zero; the right edge is now. */
  function options(width, series, unit) {
    const axis = { stroke: colour("--faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
    return {
      width,
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { y: false, drag: { x: false, y: false } },
      scales: {
        x: { range: () => [clock() - WINDOW_SECONDS, clock()] },
        y: { range: (_, __, most) => [0, Math.max(most || 0, unit.least) * 1.15] },
      },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((tick) => new Date(tick * 1000).toISOString().slice(11, 16)) },
        { ...axis, size: 62, values: (_, ticks) => ticks.map(unit.text) },
      ],
      series: [{ label: "at", value: (_, at) => (at == null ? "" : new Date(at * 1000).toISOString().slice(11, 19)) }, ...series],
    };
  }

  let clock = () => Date.now() / 1000;

  const line = (label, name, unit, more) => ({
    label,
    stroke: colour(name),
    width: 1.5,
    value: (_, value) => (value == null ? "" : unit.text(value)),
    ...more,
  });

  const rate = { least: 0.2, text: (value) => (Math.round(value * 100) / 100).toString() + "/s" };
  const time = { least: 10, text: (value) => (value < 1000 ? Math.round(value) + " ms" : Math.round(value / 10) / 100 + " s") };

  function make(id, unit, series) {
    const place = document.getElementById(id);
    const chart = new uPlot(options(place.clientWidth, series, unit), [[], [], []], place);
    new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
    return chart;
  }

  let throughput = null;
  let latency = null;

  function build() {
    document.getElementById("charts").hidden = false;
    for (const chart of [throughput, latency]) {
      if (chart) chart.destroy();
    }
    throughput = make("throughput", rate, [
      line("ended", "--run", rate, { fill: colour("--run") + "22" }),
      line("not completed", "--bad", rate),
    ]);
    latency = make("latency", time, [
      line("median", "--run", time, { points: { show: true, size: 5 } }),
      line("95th percentile", "--end", time, { points: { show: true, size: 5 } }),
    ]);
  }

  /* An interval in which nothing ended has a rate of zero and no latency. */
  function columns(points, interval) {
    const known = new Map(points.map((point) => [Math.round(Date.parse(point.at) / 1000), point]));
    const anchor = points.length ? Math.round(Date.parse(points[0].at) / 1000) : Math.floor(clock());
    const first = anchor - Math.ceil((anchor - (clock() - WINDOW_SECONDS)) / interval) * interval;
    const columns = [[], [], [], [], []];
    for (let at = first; at <= clock(); at += interval) {
      const point = known.get(at);
      columns[0].push(at);
      columns[1].push(point ? point.ended / interval : 0);
      columns[2].push(point ? point.uncompleted / interval : 0);
      columns[3].push(point ? point.p50_ms : null);
      columns[4].push(point ? point.p95_ms : null);
    }
    return columns;
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => throughput && build());

  return {
    /* now: the time in seconds by the server's clock. */
    show(points, interval, now) {
      clock = now;
      if (!throughput) build();
      const [at, ended, uncompleted, p50, p95] = columns(points, interval);
      throughput.setData([at, ended, uncompleted]);
      latency.setData([at, p50, p95]);
    },
  };
})();
