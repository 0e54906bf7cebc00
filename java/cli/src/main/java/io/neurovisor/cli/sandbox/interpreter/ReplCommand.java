package io.neurovisor.cli.sandbox.interpreter;

import io.neurovisor.cli.console.StandardStreams;
import io.neurovisor.cli.run.Launch;
import io.neurovisor.cli.run.OutputDirectory;
import io.neurovisor.cli.sandbox.SandboxAccess;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.interpreter.TableFormat;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Reads cells from the terminal. */
@Command(
        name = "repl",
        description = {
            "Opens an interpreter of a sandbox: runs the cells that are typed, and shows their results.",
            "A cell goes on over several lines while a bracket is open or a block is indented; an empty line ends a block."
                    + " Ctrl-C interrupts a cell, Ctrl-D leaves. The variables stay in the sandbox."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Exit codes: 0; 2 wrong usage; 3 no daemon answers; 123 the sandbox has ended; 125 NeuroVisor failed."
        })
public final class ReplCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(index = "0", paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Option(
            names = "--context",
            paramLabel = "CONTEXT",
            description = "The interpreter, by its id or the beginning of it. Default: the shared one of the language.")
    private @Nullable String context;

    @Option(
            names = {"-l", "--language"},
            paramLabel = "LANGUAGE",
            defaultValue = "python",
            description = "Of the shared interpreter. Default: ${DEFAULT-VALUE}.")
    private String language = "";

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Save plots and other rich results as files in this directory.")
    private @Nullable Path out;

    private final Launch launch;

    public ReplCommand(Launch launch) {
        this.launch = launch;
    }

    @Override
    public Integer call() {
        return daemon.call(client -> {
            GuestInterpreter interpreter = client.interpreter(daemon.id(client, id));
            try (CellEditor editor = CellEditor.ofThisProcess();
                    OutputDirectory directory = out == null ? null : OutputDirectory.open(out)) {
                ContextId chosen = context == null ? shared(interpreter) : Contexts.find(interpreter, context);
                StandardStreams streams = new StandardStreams(launch.out(), launch.err(), (_, _, _) -> {});
                ResultFiles files =
                        new ResultFiles("cell", Optional.ofNullable(directory), daemon::remark, daemon::problem);
                FollowedCell followed = new FollowedCell(
                        interpreter,
                        chosen,
                        new ConsoleOutput(streams, files, daemon::problem),
                        new InputLines(launch.in(), streams),
                        daemon::problem);
                for (Optional<String> cell = editor.read(); cell.isPresent(); cell = editor.read()) {
                    run(followed, cell.get());
                }
            }
            return 0;
        });
    }

    private ContextId shared(GuestInterpreter interpreter) {
        ContextInfo shared = interpreter.shared(language, SandboxAccess.start());
        daemon.remark("%s in context %s; Ctrl-D leaves".formatted(shared.language(), shared.id()));
        return shared.id();
    }

    /** The failure of one cell does not end the session. */
    private void run(FollowedCell followed, String code) {
        try {
            int _ = followed.run(new CellSpec(
                    code, Map.of(), Optional.empty(), Optional.empty(), false, false, true, TableFormat.JSON));
        } catch (NeuroVisorException failure) {
            switch (failure.fault()) {
                case CONTEXT_DEAD, CONTEXT_BUSY, CELL_LIMIT, INVALID_ARGUMENT ->
                    daemon.problem(String.valueOf(failure.getMessage()));
                default -> throw failure;
            }
        }
    }
}
