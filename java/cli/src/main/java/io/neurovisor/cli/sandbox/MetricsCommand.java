package io.neurovisor.cli.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.neurovisor.cli.console.Table;
import io.neurovisor.server.client.sandbox.SandboxUsage;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the measurements of a sandbox. */
@Command(
        name = "metrics",
        description = "Prints what a sandbox has used, measured every 5 seconds; the daemon keeps an hour of it.",
        footer = {"", "Exit codes: 0; 2 there is no such sandbox; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
final class MetricsCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Option(
            names = {"-n", "--last"},
            paramLabel = "N",
            defaultValue = "12",
            description = "The number of measurements. Default: ${DEFAULT-VALUE}, a minute.")
    private int count;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (count < 1) {
            throw new ParameterException(spec.commandLine(), "--last: " + count + " is not allowed; use at least 1");
        }
        return daemon.call(client -> {
            List<SandboxUsage> all = client.usage(daemon.id(client, id));
            List<SandboxUsage> last = all.subList(Math.max(0, all.size() - count), all.size());
            if (json) {
                daemon.print(json(last).toPrettyString());
            } else {
                daemon.print(table(last));
            }
            return 0;
        });
    }

    private static Table table(List<SandboxUsage> points) {
        Table table = new Table("TIME", "CPU", "MEMORY", "CACHE", "FILES", "PROCESSES");
        points.forEach(point -> table.row(
                Table.time(point.time()),
                String.format(Locale.ROOT, "%.1f %%", point.cpuPercent()),
                Table.size(point.memoryUsedBytes()) + " of " + Table.size(point.memoryTotalBytes()),
                Table.size(point.memoryCacheBytes()),
                Table.size(point.diskUsedBytes()) + " of " + Table.size(point.diskTotalBytes()),
                Integer.toString(point.processes())));
        return table;
    }

    private static ArrayNode json(List<SandboxUsage> points) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        points.forEach(point -> array.addObject()
                .put("time", point.time().toString())
                .put("vcpu_count", point.vcpuCount())
                .put("cpu_used_percent", point.cpuPercent())
                .put("memory_used_bytes", point.memoryUsedBytes())
                .put("memory_total_bytes", point.memoryTotalBytes())
                .put("memory_cache_bytes", point.memoryCacheBytes())
                .put("disk_used_bytes", point.diskUsedBytes())
                .put("disk_total_bytes", point.diskTotalBytes())
                .put("processes", point.processes()));
        return array;
    }
}
