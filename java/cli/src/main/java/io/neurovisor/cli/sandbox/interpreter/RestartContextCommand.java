package io.neurovisor.cli.sandbox.interpreter;

import io.neurovisor.cli.sandbox.SandboxAccess;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Restarts a context. */
@Command(
        name = "restart",
        description =
                "Replaces the interpreter of a context by a fresh one, without the variables and the cells of the old one.",
        footer = {"", "Exit codes: 0; 2 there is no such sandbox or context; 3 no daemon answers; 125 it did not start."
        },
        mixinStandardHelpOptions = true)
final class RestartContextCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(index = "0", paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Parameters(index = "1", paramLabel = "CONTEXT", description = "The context.")
    private String context = "";

    @Override
    public Integer call() {
        return daemon.call(client -> {
            GuestInterpreter interpreter = client.interpreter(daemon.id(client, id));
            interpreter.restart(Contexts.find(interpreter, context), SandboxAccess.start());
            return 0;
        });
    }
}
