package io.neurovisor.examples;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.program.Language;
import io.neurovisor.server.client.DaemonClient;
import java.util.List;

/** Has a daemon run a few programs, and checks the metrics about them. */
final class MetricsDemo {
    private MetricsDemo() {}

    static void run(ExampleRun run) {
        DaemonClient client = run.daemon().client();
        List<String> before = run.daemon().metrics();
        ExecutionRequest good = run.request(Language.PYTHON, "print(6*7)");
        CollectedOutput output = new CollectedOutput(_ -> {});
        client.execute(good, output);
        client.execute(run.request(Language.BASH, "exit 3"), output);
        run.daemon().awaitWarm(1); // The machine of the last program is removed after its result; then it is replaced.
        List<String> after = run.daemon().metrics();

        moved(run, before, after, "neurovisor_code_executions_total{language=\"python\",status=\"completed\"}", 1);
        moved(run, before, after, "neurovisor_code_executions_total{language=\"bash\",status=\"completed\"}", 1);
        moved(run, before, after, "neurovisor_code_execution_duration_seconds_count{language=\"python\"}", 1);
        moved(run, before, after, "neurovisor_vm_acquire_seconds_count", 2);
        moved(run, before, after, "neurovisor_vms_destroyed_total{reason=\"used\"}", 2);
        run.check(
                after.stream()
                        .anyMatch(line ->
                                line.startsWith("neurovisor_code_execution_duration_seconds_bucket{language=\"python\"")
                                        && line.contains("# {trace_id=\""
                                                + good.traceId().hex() + "\"}")),
                "an exemplar leads to trace " + good.traceId().hex());
        long families = after.stream()
                .filter(line -> line.startsWith("# TYPE neurovisor_"))
                .count();
        run.note(families + " metric families have values, in addition to those of the JVM");
        run.check(
                after.stream().map(line -> line.replaceFirst(" # .*", "")).noneMatch(line -> line.contains("trace_id")),
                "no label has a trace id");
    }

    private static void moved(ExampleRun run, List<String> before, List<String> after, String series, int by) {
        double moved = value(after, series) - value(before, series);
        run.check(moved == by, series + " has grown by " + (long) moved);
    }

    /** Returns the value of a series, or 0 if the series does not exist yet. */
    private static double value(List<String> lines, String series) {
        return lines.stream()
                .filter(line -> line.startsWith(series + " "))
                .map(line -> Double.valueOf(line.substring(series.length() + 1).split(" ", 2)[0]))
                .findFirst()
                .orElse(0.0);
    }
}
