package io.neurovisor.cli.sandbox.interpreter;

import io.neurovisor.cli.run.EnvironmentArguments;
import io.neurovisor.cli.sandbox.SandboxAccess;
import io.neurovisor.engine.interpreter.ContextSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Creates a context. */
@Command(
        name = "create",
        description = "Starts another interpreter in a sandbox and prints its id.",
        footer = {"", "Exit codes: 0; 2 wrong usage; 3 no daemon answers; 125 it could not be started."},
        mixinStandardHelpOptions = true)
final class CreateContextCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Option(
            names = {"-l", "--language"},
            paramLabel = "LANGUAGE",
            defaultValue = "python",
            description = "Default: ${DEFAULT-VALUE}.")
    private String language = "";

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME=VALUE",
            description = "Set a variable of its environment. Repeatable.")
    private List<String> variables = List.of();

    @Option(
            names = "--cwd",
            paramLabel = "DIR",
            description = "The directory in which it starts. Default: that of the sandbox.")
    private @Nullable String directory;

    @Override
    public Integer call() {
        ContextSpec spec = new ContextSpec(
                language, Optional.ofNullable(directory), EnvironmentArguments.parse(variables, Map.of()));
        return daemon.call(client -> {
            daemon.print(client.interpreter(daemon.id(client, id))
                    .create(spec, SandboxAccess.start())
                    .id()
                    .value());
            return 0;
        });
    }
}
