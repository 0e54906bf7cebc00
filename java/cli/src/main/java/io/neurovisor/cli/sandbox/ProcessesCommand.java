package io.neurovisor.cli.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.cli.console.Table;
import io.neurovisor.engine.process.ProcessEnd;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.text.UntrustedText;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists the processes of a sandbox. */
@Command(
        name = "ps",
        description = {
            "Lists the processes that clients have started in a sandbox, and those that ended lately.",
            "STDOUT and STDERR are the bytes that each has written so far; a terminal's count as STDOUT. attach continues"
                    + " from such a number."
        },
        footer = {"", "Exit codes: 0; 2 there is no such sandbox; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
final class ProcessesCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() {
        return daemon.call(client -> {
            List<ProcessInfo> processes =
                    client.processes(daemon.id(client, id)).list(SandboxAccess.answer());
            if (json) {
                daemon.print(json(processes).toPrettyString());
            } else {
                daemon.print(table(processes));
            }
            return 0;
        });
    }

    private static Table table(List<ProcessInfo> processes) {
        Table table = new Table("PID", "TAG", "STATE", "STARTED", "TERMINAL", "STDOUT", "STDERR", "COMMAND");
        processes.forEach(process -> table.row(
                Integer.toString(process.pid()),
                process.spec().tag().map(UntrustedText::line).orElse("-"),
                process.end().map(ProcessesCommand::state).orElse("running"),
                Table.time(process.started()),
                process.spec().terminal().isPresent() ? "yes" : "no",
                Long.toString(process.offsets().stdout() + process.offsets().terminal()),
                Long.toString(process.offsets().stderr()),
                UntrustedText.line(command(process))));
        return table;
    }

    private static String state(ProcessEnd end) {
        return end.timedOut() ? "timed out" : "ended with " + end.exitCode();
    }

    private static String command(ProcessInfo process) {
        return Stream.concat(Stream.of(process.spec().command()), process.spec().arguments().stream())
                .collect(Collectors.joining(" "));
    }

    private static ArrayNode json(List<ProcessInfo> processes) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (ProcessInfo process : processes) {
            ObjectNode object = array.addObject();
            object.put("pid", process.pid());
            process.spec().tag().ifPresent(tag -> object.put("tag", tag));
            object.put("command", process.spec().command());
            ArrayNode arguments = object.putArray("args");
            process.spec().arguments().forEach(arguments::add);
            object.put("cwd", process.directory());
            object.put("started", process.started().toString());
            object.put("terminal", process.spec().terminal().isPresent());
            object.putObject("offsets")
                    .put("stdout", process.offsets().stdout())
                    .put("stderr", process.offsets().stderr())
                    .put("terminal", process.offsets().terminal());
            process.end()
                    .ifPresent(end -> object.putObject("ended")
                            .put("exit_code", end.exitCode())
                            .put("signal", end.signal())
                            .put("timed_out", end.timedOut())
                            .put("killed_process", end.killedProcess())
                            .put("duration_ms", end.duration().toMillis()));
        }
        return array;
    }
}
