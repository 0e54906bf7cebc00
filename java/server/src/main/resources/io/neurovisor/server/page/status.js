/* Updates the page that the server has rendered. All data from the server is inserted as text, never as markup. */
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const RETRY_MILLIS = 5000;
  const PARTS = ["RESTORE", "BOOT", "PROGRAM"];
  const WORDS = {
    WAIT: "waited for a machine",
    RESTORE: "machine restored",
    BOOT: "machine booted",
    EXECUTE: "executed",
    PROGRAM: "program, by the guest's clock",
    DESTROY: "machine destroyed",
  };

  const byId = (id) => document.getElementById(id);
  const put = (id, text) => {
    if (byId(id).textContent !== text) byId(id).textContent = text;
  };

  let overview = null;
  /* The offset of the server's clock to the browser's. */
  let skewMillis = 0;
  const now = () => Date.now() + skewMillis;

  function element(name, className, ...content) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...content);
    return made;
  }

  function millis(value) {
    if (value < 10) return value.toFixed(1) + " ms";
    if (value < 1000) return value.toFixed(0) + " ms";
    return value < 60000 ? (value / 1000).toFixed(2) + " s" : duration(value);
  }

  function duration(value) {
    const seconds = Math.max(0, Math.floor(value / 1000));
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    if (hours >= 24) return Math.floor(hours / 24) + " d " + (hours % 24) + " h";
    if (hours > 0) return hours + " h " + (minutes % 60) + " min";
    return minutes > 0 ? minutes + " min " + (seconds % 60) + " s" : seconds + " s";
  }

  function traceLink(execution, number) {
    const link = element("a", "", execution.trace_id.slice(0, 13));
    link.href = "/execution/" + encodeURIComponent(execution.trace_id);
    link.title = execution.trace_id;
    if (number !== undefined) link.dataset.number = number;
    return element("td", "code", link);
  }

  function bar(execution, phases) {
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("class", "bar");
    picture.setAttribute("viewBox", "0 0 1000 16");
    picture.setAttribute("preserveAspectRatio", "none");
    const scale = 1000 / Math.max(execution.total_ms, 0.001);
    for (const phase of phases) {
      const width = Math.min(1000, Math.max(3, phase.length_ms * scale));
      const rectangle = document.createElementNS(SVG, "rect");
      rectangle.setAttribute("class", phase.name.toLowerCase());
      rectangle.setAttribute("x", Math.min(Math.max(0, phase.start_ms * scale), 1000 - width));
      rectangle.setAttribute("width", width);
      rectangle.setAttribute("height", 16);
      picture.append(rectangle);
    }
    return picture;
  }

  const outcome = (execution) =>
    element(
      "span",
      execution.completed ? "outcome" : "outcome bad",
      execution.completed ? "exit code " + execution.exit_code : execution.outcome,
    );

  function runningRow(execution) {
    const since = element("td", "number", duration(now() - Date.parse(execution.begun)));
    since.dataset.begun = execution.begun;
    return element(
      "tr",
      "",
      traceLink(execution),
      element("td", "", execution.language),
      element("td", "", execution.size),
      element("td", "code", execution.vm_id || "waits for one"),
      since,
    );
  }

  function sandboxRow(sandbox) {
    const age = element("td", "number", duration(now() - Date.parse(sandbox.created)));
    age.dataset.begun = sandbox.created;
    return element(
      "tr",
      "",
      element("td", "code", sandbox.id),
      element("td", "", sandbox.owner),
      element("td", "", sandbox.state),
      age,
      element("td", "number", new Date(Date.parse(sandbox.ends)).toISOString().slice(11, 19)),
    );
  }

  function recentRow(execution) {
    const end = new Date(Date.parse(execution.begun) + execution.total_ms);
    return element(
      "tr",
      "",
      element("td", "number", end.toISOString().slice(11, 19)),
      traceLink(execution, execution.number),
      element("td", "", execution.language),
      element("td", "", outcome(execution)),
      element("td", "span", bar(execution, execution.phases.filter((phase) => !PARTS.includes(phase.name)))),
      element("td", "number", millis(execution.total_ms)),
    );
  }

  function phaseRow(execution, phase) {
    return element(
      "tr",
      PARTS.includes(phase.name) ? "part" : "whole",
      element("th", "", WORDS[phase.name] || phase.name),
      element("td", "span", bar(execution, [phase])),
      element("td", "number", millis(phase.length_ms)),
      element("td", "number faint", "at " + millis(phase.start_ms)),
    );
  }

  function facts(execution) {
    const known = [
      ["begun", execution.begun.slice(0, 19) + "Z"],
      ["total", millis(execution.total_ms)],
      ["outcome", execution.outcome],
      ["size", execution.size],
      ["machine", execution.vm_id || "none"],
      ["made from", execution.template || "no template"],
      ["live layers", execution.live_layers.join(", ") || "none live"],
      ["trace", execution.trace_id],
    ];
    if (execution.detail) known.push(["detail", execution.detail]);
    return element(
      "dl",
      "",
      ...known.map(([name, value]) => element("div", "", element("dt", "", name), element("dd", "", value))),
    );
  }

  function showDetail(execution) {
    const close = element("button", "", "close");
    close.type = "button";
    close.addEventListener("click", () => {
      byId("detail").hidden = true;
    });
    const rows = execution.phases.map((phase) => phaseRow(execution, phase));
    byId("detail").replaceChildren(
      close,
      element("h2", "", execution.language + " ", outcome(execution)),
      element("table", "timeline", ...rows),
      facts(execution),
    );
    byId("detail").hidden = false;
    byId("detail").scrollIntoView({ block: "nearest" });
  }

  function layerItem(layer) {
    return element(
      "li",
      layer.status,
      element("b", "", layer.layer + " " + layer.name),
      element("i", "", layer.status),
      element("p", "", layer.detail),
    );
  }

  function show() {
    const { pool, executions } = overview;
    put("ready", overview.ready ? "ready" : "not ready");
    byId("ready").className = overview.ready ? "pill good" : "pill bad";
    put("obstacle", overview.obstacle);
    put("pool-warm", pool.warm + " / " + pool.keep_warm);
    put("pool-active", String(pool.active));
    put("pool-starting", String(pool.starting));
    put("pool-waiting", String(pool.waiting));
    put("pool-machines", pool.machines + " / " + pool.max);
    put("words-machines", "at most " + pool.peak + " so far, memory for " + pool.room);
    put("pool-ended", String(executions.ended));
    put("words-ended", executions.uncompleted + " not completed");
    put("running-count", String(executions.running));
    byId("running").replaceChildren(...executions.current.map(runningRow));
    byId("sandboxes").replaceChildren(...overview.sandboxes.map(sandboxRow));
    byId("recent").replaceChildren(...executions.recent.map(recentRow));
    byId("layers").replaceChildren(...overview.layers.map(layerItem));
    tick();
  }

  function tick() {
    if (!overview) return;
    put("uptime", "up " + duration(now() - Date.parse(overview.started_at)));
    for (const cell of document.querySelectorAll("[data-begun]")) {
      cell.textContent = duration(now() - Date.parse(cell.dataset.begun));
    }
    Charts.show(overview.executions.points, overview.executions.interval_seconds, () => now() / 1000);
  }

  function connect() {
    const events = new EventSource("/events");
    events.addEventListener("message", (event) => {
      overview = JSON.parse(event.data);
      skewMillis = Date.parse(overview.at) - Date.now();
      put("connection", "live");
      show();
    });
    events.addEventListener("error", () => {
      put("connection", "not connected; what is shown may be old");
      if (events.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MILLIS);
    });
  }

  /* Handles a plain click only; with a modifier key the browser opens the link. */
  byId("recent").addEventListener("click", (event) => {
    const link = event.target.closest("a[data-number]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const execution = overview.executions.recent.find((one) => String(one.number) === link.dataset.number);
    if (!execution) return;
    event.preventDefault();
    showDetail(execution);
  });

  setInterval(tick, 1000);
  connect();
})();
