package io.neurovisor.server.page;

import io.neurovisor.server.overview.CurrentExecution;
import io.neurovisor.server.overview.EndedExecution;
import io.neurovisor.server.overview.FigureFormat;
import io.neurovisor.server.overview.Overview;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** The page of one trace: its executions and their phases. */
final class ExecutionPage {
    private ExecutionPage() {}

    /** Renders the page; empty if no execution of the trace is remembered. */
    static Optional<String> of(Overview overview, String traceId) {
        if (overview.executions().ended(traceId).isEmpty()
                && overview.executions().current(traceId).isEmpty()) {
            return Optional.empty();
        }
        Html html = PageFrame.begin("Execution " + traceId, false);
        html.begin("header");
        html.empty("img", "src", "/assets/icon.svg", "alt", "", "width", "28", "height", "28");
        html.begin("h1").leaf("a", "NeuroVisor", "href", "/").end();
        html.leaf("span", traceId, "class", "code");
        html.end().begin("main");
        overview.executions().current(traceId).forEach(execution -> running(html, execution, overview));
        overview.executions().ended(traceId).forEach(execution -> ended(html, execution));
        html.end();
        return Optional.of(PageFrame.end(html, overview));
    }

    private static void running(Html html, CurrentExecution execution, Overview overview) {
        html.begin("section", "class", "card");
        html.leaf("h2", execution.language() + ", " + (execution.waits() ? "waits for a machine" : "runs"));
        html.leaf(
                "p",
                "For " + FigureFormat.duration(Duration.between(execution.begun(), overview.at())) + ", size "
                        + execution.size()
                        + (execution.waits() ? "" : ", in " + execution.vmId()) + ".");
        html.end();
    }

    private static void ended(Html html, EndedExecution execution) {
        html.begin("section", "class", "card");
        html.begin("h2").text(execution.language() + " ");
        html.leaf("span", OverviewPage.outcome(execution), "class", execution.completed() ? "outcome" : "outcome bad");
        html.end();
        TimelineHtml.rows(html, execution);
        html.begin("dl");
        fact(html, "begun", execution.begun().truncatedTo(ChronoUnit.SECONDS).toString());
        fact(html, "total", FigureFormat.millis(execution.totalMillis()));
        fact(html, "outcome", execution.outcome());
        fact(html, "size", execution.size());
        fact(html, "machine", execution.vmId().isEmpty() ? "none" : execution.vmId());
        fact(html, "made from", execution.template().isEmpty() ? "no template" : execution.template());
        fact(html, "live layers", OverviewPage.layers(execution));
        if (!execution.detail().isEmpty()) {
            fact(html, "detail", execution.detail());
        }
        html.end().end();
    }

    private static void fact(Html html, String name, String value) {
        html.begin("div").leaf("dt", name).leaf("dd", value).end();
    }
}
