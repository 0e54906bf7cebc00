package io.neurovisor.cli.serve;

import io.neurovisor.cli.console.Table;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.server.overview.Activity;
import io.neurovisor.server.overview.CurrentExecution;
import io.neurovisor.server.overview.EndedExecution;
import io.neurovisor.server.overview.FigureFormat;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.Phase;
import io.neurovisor.server.overview.Point;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Arrays;

/** Prints {@code status} as text. The answer is not trusted: control characters are removed. */
record StatusReport(PrintWriter out) {
    private static final int MOST_RECENT = 20;

    void print(Overview overview, String url) {
        line("NeuroVisor " + overview.version() + " at " + url + ": "
                + (overview.ready() ? "ready" : "not ready") + ", up "
                + FigureFormat.duration(Duration.between(overview.startedAt(), overview.at())));
        if (!overview.obstacle().isEmpty()) {
            line(overview.obstacle());
        }
        Overview.Vmm vmm = overview.vmm();
        line(vmm.name() + " " + vmm.version() + (vmm.kvm() ? " with KVM: " : ", emulated, no security boundary: ")
                + vmm.reason());
        pool(overview.pool());
        layers(overview);
        running(overview);
        recent(overview.executions());
        series(overview.executions());
        out.flush();
    }

    private void pool(Overview.Pool pool) {
        out.println();
        Table table = new Table("WARM", "ACTIVE", "STARTING", "ENDING", "WAITING", "MACHINES", "ROOM", "PEAK");
        table.row(
                pool.warm() + "/" + pool.keepWarm(),
                Integer.toString(pool.active()),
                Integer.toString(pool.starting()),
                Integer.toString(pool.ending()),
                Integer.toString(pool.waiting()),
                pool.machines() + "/" + pool.max(),
                Integer.toString(pool.room()),
                Integer.toString(pool.peak()));
        table.print(out);
    }

    private void layers(Overview overview) {
        if (overview.layers().isEmpty()) {
            return;
        }
        out.println();
        Table table = new Table("LAYER", "STATUS", "OF THE LAST STARTED MACHINE");
        for (Overview.Protection layer : overview.layers()) {
            table.row(
                    layer.layer() + " " + UntrustedText.line(layer.name()),
                    UntrustedText.line(layer.status()),
                    UntrustedText.line(layer.detail()));
        }
        table.print(out);
    }

    private void running(Overview overview) {
        Activity executions = overview.executions();
        out.println();
        out.println("running: " + executions.running());
        if (executions.current().isEmpty()) {
            return;
        }
        printRunning(overview);
    }

    /** Prints the oldest of the running executions. */
    void printRunning(Overview overview) {
        Activity executions = overview.executions();
        Table table = new Table("TRACE", "LANGUAGE", "SIZE", "MACHINE", "FOR");
        for (CurrentExecution execution : executions.current()) {
            row(
                    table,
                    execution.traceId(),
                    execution.language(),
                    execution.size(),
                    execution.waits() ? "waits for one" : execution.vmId(),
                    FigureFormat.duration(Duration.between(execution.begun(), overview.at())));
        }
        table.print(out);
        if (executions.running() > executions.current().size()) {
            line("and " + (executions.running() - executions.current().size()) + " more");
        }
        out.flush();
    }

    private void recent(Activity executions) {
        out.println("ended: " + executions.ended() + ", of them not completed: " + executions.uncompleted());
        if (executions.recent().isEmpty()) {
            return;
        }
        Table table = new Table("BEGUN", "TRACE", "LANGUAGE", "OUTCOME", "EXIT CODE", "TOTAL", "WAITED", "EXECUTED");
        executions.recent().stream()
                .limit(MOST_RECENT)
                .forEach(execution -> row(
                        table,
                        FigureFormat.time(execution.begun()),
                        execution.traceId(),
                        execution.language(),
                        execution.outcome(),
                        execution.exitCode() == null
                                ? "-"
                                : execution.exitCode().toString(),
                        FigureFormat.millis(execution.totalMillis()),
                        length(execution, Phase.Name.WAIT),
                        length(execution, Phase.Name.EXECUTE)));
        table.print(out);
        executions.recent().stream()
                .limit(MOST_RECENT)
                .filter(execution -> !execution.detail().isEmpty())
                .forEach(execution -> line(execution.traceId() + ": " + execution.detail()));
    }

    private void series(Activity executions) {
        if (executions.points().isEmpty()) {
            return;
        }
        Point last = executions.points().getLast();
        out.println();
        line("the last ten minutes: "
                + executions.points().stream().mapToLong(Point::ended).sum() + " ended, "
                + executions.points().stream().mapToLong(Point::uncompleted).sum() + " of them not completed");
        line("the " + executions.intervalSeconds() + " s from " + FigureFormat.time(last.at()) + " on: " + last.ended()
                + " ended, median " + FigureFormat.millis(last.p50Millis()) + ", 95th percentile "
                + FigureFormat.millis(last.p95Millis()));
    }

    private static String length(EndedExecution execution, Phase.Name name) {
        return execution.phases().stream()
                .filter(phase -> phase.name() == name)
                .map(phase -> FigureFormat.millis(phase.lengthMillis()))
                .findFirst()
                .orElse("-");
    }

    private static void row(Table table, String... cells) {
        table.row(Arrays.stream(cells).map(UntrustedText::line).toArray(String[]::new));
    }

    private void line(String text) {
        out.println(UntrustedText.line(text));
    }
}
