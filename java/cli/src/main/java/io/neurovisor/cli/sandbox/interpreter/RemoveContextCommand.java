package io.neurovisor.cli.sandbox.interpreter;

import io.neurovisor.cli.sandbox.SandboxAccess;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Removes a context. */
@Command(
        name = "remove",
        description = "Ends the interpreter of a context, and all that its cells have left running.",
        footer = {"", "Exit codes: 0; 2 there is no such sandbox or context; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
final class RemoveContextCommand implements Callable<Integer> {
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
            interpreter.remove(Contexts.find(interpreter, context), SandboxAccess.answer());
            return 0;
        });
    }
}
