package io.neurovisor.cli.sandbox.interpreter;

import io.neurovisor.cli.console.StandardStreams;
import io.neurovisor.cli.console.Terminal;
import io.neurovisor.cli.run.EnvironmentArguments;
import io.neurovisor.cli.run.Launch;
import io.neurovisor.cli.run.OutputDirectory;
import io.neurovisor.cli.sandbox.SandboxAccess;
import io.neurovisor.cli.sandbox.SandboxArguments;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.interpreter.TableFormat;
import io.neurovisor.engine.text.UntrustedText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a cell in the interpreter of a sandbox. */
@Command(
        name = "run-code",
        description = {
            "Runs a cell of code in the interpreter of a sandbox, which keeps its variables for the next cell.",
            "Prints what the cell writes, and its results. Cells without --context share one interpreter of each language.",
            "Ctrl-C interrupts the cell; a second one restarts its interpreter, which loses its variables; a third one leaves it."
        },
        mixinStandardHelpOptions = true,
        customSynopsis = "neurovisor sandbox run-code [OPTIONS] ID (-c CODE | FILE | -)",
        footer = {
            "",
            "Exit codes: 0; 1 the cell failed, or did not run; 124 timed out, 130 interrupted; that of an interpreter that"
                    + " ended, 128+n signal n; 123 the sandbox has ended, 125 NeuroVisor failed, 126 outcome unknown,"
                    + " 141 output closed by its reader, 2 wrong usage."
        })
public final class RunCodeCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(index = "0", paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "FILE", description = "The code; - is standard input.")
    private @Nullable String file;

    @Option(names = "-c", paramLabel = "CODE", description = "The code itself.")
    private @Nullable String code;

    @Option(
            names = "--context",
            paramLabel = "CONTEXT",
            description = "The interpreter, by its id or the beginning of it. Default: the shared one of the language.")
    private @Nullable String context;

    @Option(
            names = {"-l", "--language"},
            paramLabel = "LANGUAGE",
            description = "Of the shared interpreter. Default: that of FILE by its name, otherwise python.")
    private @Nullable String language;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME[=VALUE]",
            description =
                    "Set a variable of the environment during the cell, or pass on one of this environment. Repeatable.")
    private List<String> variables = List.of();

    @Option(
            names = "--cwd",
            paramLabel = "DIR",
            description = "The directory of the cell. Default: that of the interpreter.")
    private @Nullable String directory;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "The time after which the cell is interrupted, 1s to 24h. Default: none.")
    private @Nullable String timeout;

    @Option(
            names = {"-i", "--interactive"},
            description = "Answer input() from standard input, also if it is not a terminal.")
    private boolean interactive;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Save plots and other rich results as files in this directory.")
    private @Nullable Path out;

    @Option(
            names = "--table-format",
            paramLabel = "FORMAT",
            description =
                    "The data of tables among the results: json, or arrow where the image has pyarrow. Default: json.")
    private String tableFormat = "json";

    @Option(
            names = "--json",
            description = "Print one JSON object with all output and results when the cell has ended.")
    private boolean json;

    @Option(
            names = {"-d", "--detach"},
            description = "Print the context and the number of the cell when it is accepted, and leave it running.")
    private boolean detach;

    @Option(
            names = "--attach",
            paramLabel = "CELL",
            description = "Show a cell of --context that runs or has run, instead of running code.")
    private @Nullable Long attached;

    private final Launch launch;

    public RunCodeCommand(Launch launch) {
        this.launch = launch;
    }

    @Override
    public Integer call() {
        checkOptions();
        Map<String, String> environment =
                EnvironmentArguments.parse(variables, launch.environment().variables());
        Optional<Duration> limit = SandboxArguments.time("--timeout", timeout);
        TableFormat tables = tables();
        CodeSource source = new CodeSource(code, file, launch.in());
        String text = attached == null ? source.text() : "";
        return daemon.callOfProcess(client -> {
            GuestInterpreter interpreter = client.interpreter(daemon.id(client, id));
            ContextId chosen = context == null
                    ? interpreter
                            .shared(source.language(language), SandboxAccess.start())
                            .id()
                    : Contexts.find(interpreter, context);
            CellSpec cell = new CellSpec(
                    text,
                    environment,
                    Optional.ofNullable(directory),
                    limit,
                    false,
                    detach,
                    answersInput(source),
                    tables);
            return detach ? start(interpreter, chosen, cell) : follow(interpreter, chosen, cell);
        });
    }

    private void checkOptions() {
        if (attached != null && (code != null || file != null || context == null || detach)) {
            throw NeuroVisorException.invalid(
                    "attach", "--attach needs --context, and excludes code and --detach; leave these out");
        }
        if (json && detach) {
            throw NeuroVisorException.invalid("json", "--detach prints no results for --json; leave out one of them");
        }
        if (context != null && language != null) {
            throw NeuroVisorException.invalid("language", "--language is that of --context; leave out one of them");
        }
    }

    private TableFormat tables() {
        return switch (tableFormat) {
            case "json" -> TableFormat.JSON;
            case "arrow" -> TableFormat.ARROW;
            default ->
                throw NeuroVisorException.invalid(
                        "table-format",
                        "--table-format is \"%s\"; use json or arrow".formatted(UntrustedText.line(tableFormat)));
        };
    }

    private boolean answersInput(CodeSource source) {
        return !detach && !source.isStandardInput() && (interactive || Terminal.isTerminal(Terminal.STDIN));
    }

    private int start(GuestInterpreter interpreter, ContextId chosen, CellSpec cell) {
        try (CellEvents events = interpreter.execute(chosen, cell, SandboxAccess.answer())) {
            daemon.print(chosen + " " + FollowedCell.number(events));
            return 0;
        }
    }

    private int follow(GuestInterpreter interpreter, ContextId chosen, CellSpec cell) {
        try (OutputDirectory directory = out == null ? null : OutputDirectory.open(out)) {
            StandardStreams streams = new StandardStreams(launch.out(), launch.err(), (_, _, _) -> {});
            ResultFiles files =
                    new ResultFiles("cell", Optional.ofNullable(directory), daemon::remark, daemon::problem);
            CellOutput output =
                    json ? new JsonOutput(chosen, streams, files) : new ConsoleOutput(streams, files, daemon::problem);
            FollowedCell followed = new FollowedCell(
                    interpreter, chosen, output, new InputLines(launch.in(), streams), daemon::problem);
            return attached == null
                    ? followed.run(cell)
                    : followed.watch(interpreter.attach(chosen, attached, 0, SandboxAccess.answer()));
        }
    }
}
