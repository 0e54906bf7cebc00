package io.neurovisor.server.page;

import io.neurovisor.server.overview.Activity;
import io.neurovisor.server.overview.CurrentExecution;
import io.neurovisor.server.overview.EndedExecution;
import io.neurovisor.server.overview.FigureFormat;
import io.neurovisor.server.overview.LivingSandbox;
import io.neurovisor.server.overview.Overview;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Collectors;

/** The main page. {@code status.js} updates what it shows without scripts. */
final class OverviewPage {
    private static final int TRACE_SHOWN = 13;

    private OverviewPage() {}

    static String of(Overview overview) {
        Html html = PageFrame.begin("NeuroVisor", true);
        header(html, overview);
        html.begin("main");
        pool(html, overview);
        charts(html);
        html.begin("section", "id", "detail", "class", "card", "hidden", "hidden", "tabindex", "-1")
                .end();
        html.begin("div", "class", "columns");
        html.begin("div");
        running(html, overview);
        sandboxes(html, overview);
        recent(html, overview.executions());
        html.end();
        layers(html, overview);
        html.end().end();
        return PageFrame.end(html, overview);
    }

    private static void header(Html html, Overview overview) {
        html.begin("header");
        html.empty("img", "src", "/assets/icon.svg", "alt", "", "width", "28", "height", "28");
        html.leaf("h1", "NeuroVisor");
        html.leaf(
                "span",
                overview.ready() ? "ready" : "not ready",
                "id",
                "ready",
                "class",
                overview.ready() ? "pill good" : "pill bad");
        html.begin("span", "id", "uptime", "class", "faint")
                .text("up " + FigureFormat.duration(Duration.between(overview.startedAt(), overview.at())))
                .end();
        html.leaf("span", "", "id", "connection", "class", "faint");
        html.end();
        html.leaf("p", overview.obstacle(), "id", "obstacle", "class", "notice bad");
        if (!overview.vmm().kvm()) {
            html.leaf(
                    "p",
                    "No KVM: the guests are emulated, which is not a security boundary. "
                            + overview.vmm().acceleration(),
                    "class",
                    "notice warn");
        }
    }

    private static void pool(Html html, Overview overview) {
        Overview.Pool pool = overview.pool();
        html.begin("section", "class", "tiles", "aria-label", "Pool");
        tile(html, "warm", pool.warm() + " / " + pool.keepWarm(), "ready for a request");
        tile(html, "active", Integer.toString(pool.active()), "in use");
        tile(html, "starting", Integer.toString(pool.starting()), "being started");
        tile(html, "waiting", Integer.toString(pool.waiting()), "requests in the queue");
        tile(
                html,
                "machines",
                pool.machines() + " / " + pool.max(),
                "at most " + pool.peak() + " so far, memory for " + pool.room());
        tile(
                html,
                "ended",
                Long.toString(overview.executions().ended()),
                overview.executions().uncompleted() + " not completed");
        html.end();
    }

    private static void tile(Html html, String name, String figure, String words) {
        html.begin("div", "class", "tile");
        html.leaf("span", name, "class", "label");
        html.leaf("strong", figure, "id", "pool-" + name);
        html.leaf("span", words, "id", "words-" + name, "class", "faint");
        html.end();
    }

    private static void charts(Html html) {
        html.begin("section", "id", "charts", "class", "charts", "hidden", "hidden");
        chart(html, "throughput", "Executions per second");
        chart(html, "latency", "Time from request to the machine's end");
        html.end();
    }

    private static void chart(Html html, String id, String title) {
        html.begin("div", "class", "card");
        html.leaf("h2", title);
        html.begin("div", "id", id).end();
        html.end();
    }

    private static void running(Html html, Overview overview) {
        html.begin("section", "class", "card");
        html.begin("h2").text("Running ");
        html.leaf("span", Integer.toString(overview.executions().running()), "id", "running-count", "class", "count");
        html.end();
        heads(html, "running", "Trace", "Language", "Size", "Machine", "For");
        for (CurrentExecution execution : overview.executions().current()) {
            html.begin("tr");
            trace(html, execution.traceId());
            html.leaf("td", execution.language()).leaf("td", execution.size());
            html.leaf("td", execution.waits() ? "waits for one" : execution.vmId(), "class", "code");
            html.leaf(
                    "td", FigureFormat.duration(Duration.between(execution.begun(), overview.at())), "class", "number");
            html.end();
        }
        html.end().end().end();
    }

    private static void sandboxes(Html html, Overview overview) {
        html.begin("section", "class", "card");
        html.leaf("h2", "Sandboxes");
        heads(html, "sandboxes", "Sandbox", "Owner", "State", "Age", "Ends");
        for (LivingSandbox sandbox : overview.sandboxes()) {
            html.begin("tr");
            html.leaf("td", sandbox.id(), "class", "code");
            html.leaf("td", sandbox.owner()).leaf("td", sandbox.state());
            html.leaf(
                    "td", FigureFormat.duration(Duration.between(sandbox.created(), overview.at())), "class", "number");
            html.leaf("td", FigureFormat.time(sandbox.ends()), "class", "number");
            html.end();
        }
        html.end().end().end();
    }

    private static void recent(Html html, Activity executions) {
        html.begin("section", "class", "card");
        html.leaf("h2", "Recent");
        heads(html, "recent", "Ended", "Trace", "Language", "Outcome", "Time", "Total");
        for (EndedExecution execution : executions.recent()) {
            html.begin("tr");
            html.leaf("td", FigureFormat.time(endOf(execution)), "class", "number");
            trace(html, execution.traceId());
            html.leaf("td", execution.language());
            html.begin("td");
            html.leaf("span", outcome(execution), "class", execution.completed() ? "outcome" : "outcome bad");
            html.end();
            html.begin("td", "class", "span");
            TimelineHtml.bar(html, execution);
            html.end();
            html.leaf("td", FigureFormat.millis(execution.totalMillis()), "class", "number");
            html.end();
        }
        html.end().end().end();
    }

    private static void heads(Html html, String id, String... heads) {
        html.begin("table").begin("thead").begin("tr");
        for (String head : heads) {
            html.leaf("th", head, "scope", "col");
        }
        html.end().end().begin("tbody", "id", id);
    }

    /** Shows the time-based beginning of the id; the link contains all of it. */
    private static void trace(Html html, String traceId) {
        html.begin("td", "class", "code");
        html.leaf("a", traceId.substring(0, TRACE_SHOWN), "href", "/execution/" + traceId, "title", traceId);
        html.end();
    }

    private static void layers(Html html, Overview overview) {
        html.begin("aside", "class", "card");
        html.leaf("h2", "Layers");
        html.leaf("p", vmm(overview.vmm()), "id", "vmm", "class", "faint");
        html.begin("ol", "id", "layers", "class", "layers");
        for (Overview.Protection layer : overview.layers()) {
            html.begin("li", "class", layer.status());
            html.leaf("b", layer.layer() + " " + layer.name());
            html.leaf("i", layer.status());
            html.leaf("p", layer.detail());
            html.end();
        }
        html.end().end();
    }

    private static String vmm(Overview.Vmm vmm) {
        return vmm.name() + " " + vmm.version() + (vmm.kvm() ? " with KVM" : ", emulated") + ": " + vmm.reason();
    }

    static String outcome(EndedExecution execution) {
        Integer exitCode = execution.exitCode();
        return execution.completed() && exitCode != null ? "exit code " + exitCode : execution.outcome();
    }

    static String layers(EndedExecution execution) {
        return execution.liveLayers().isEmpty()
                ? "none live"
                : execution.liveLayers().stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    private static Instant endOf(EndedExecution execution) {
        return execution.begun().plusMillis((long) execution.totalMillis());
    }
}
