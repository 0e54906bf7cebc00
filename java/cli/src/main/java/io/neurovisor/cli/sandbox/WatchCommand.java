package io.neurovisor.cli.sandbox;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.client.sandbox.SandboxChange;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Prints the changes of sandboxes. */
@Command(
        name = "watch",
        description =
                "Prints a line for each sandbox that is created, copied, paused or resumed, ends, or gets another time-out, until Ctrl-C.",
        footer = {"", "Exit codes: 0 the daemon was stopped; 3 no daemon answers; 126 the daemon was lost; 130 Ctrl-C."
        },
        mixinStandardHelpOptions = true)
final class WatchCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Option(names = "--json", description = "Print one JSON object per line.")
    private boolean json;

    @Override
    public Integer call() {
        return daemon.call(client -> {
            try {
                client.watch(change -> daemon.print(json ? object(change).toString() : line(change)));
            } catch (NeuroVisorException end) {
                if (end.fault() != Fault.STOPPING) {
                    throw end;
                }
                daemon.remark("the watch has ended: " + end.getMessage());
            }
            return 0;
        });
    }

    private static String line(SandboxChange change) {
        String line = change.time() + " " + change.sandbox() + " " + change.kind();
        return change.endReason().isEmpty() ? line : line + ": " + change.endReason();
    }

    private static ObjectNode object(SandboxChange change) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("time", change.time().toString());
        object.put("id", change.sandbox());
        object.put("change", change.kind());
        if (!change.endReason().isEmpty()) {
            object.put("end_reason", change.endReason());
        }
        return object;
    }
}
