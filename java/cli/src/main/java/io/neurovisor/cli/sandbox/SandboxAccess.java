package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.NoDaemon;
import io.neurovisor.cli.console.StandardStreams;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxView;
import io.neurovisor.server.config.ApiKey;
import io.neurovisor.server.setting.NearestName;
import io.neurovisor.server.setting.SettingGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The daemon whose sandboxes a command is about. */
@Command
@AcceptsSettings(SettingGroup.SOCKET)
public final class SandboxAccess {
    /** For an answer about a process. */
    private static final Duration ANSWER = Duration.ofSeconds(30);

    /** For a sandbox that is being paused or resumed. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(
            names = "--key-file",
            paramLabel = "FILE",
            description = "A file with an API key, whose sandboxes are used. Default: the sandboxes of this user.")
    private @Nullable Path keyFile;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    private String wholeId = "";

    /** Returns the time in which a daemon has to answer a call about a process. */
    public static Deadline answer() {
        return Deadline.after(ANSWER, Ticker.SYSTEM);
    }

    /** Returns the time in which a daemon has to answer a call that starts an interpreter. */
    public static Deadline start() {
        return Deadline.after(GuestInterpreter.START_LIMIT.plus(ANSWER), Ticker.SYSTEM);
    }

    /** Does the work of a command and returns its exit code. */
    public int call(ToIntFunction<SandboxClient> work) {
        try {
            return done(work);
        } catch (NeuroVisorException exception) {
            return NoDaemon.reported(exception, command);
        }
    }

    /** Does the work of a command that ends with the exit code of a process: no other failure may look like one of these. */
    public int callOfProcess(ToIntFunction<SandboxClient> work) {
        try {
            return done(work);
        } catch (NeuroVisorException exception) {
            if (ExitCode.of(exception) != ExitCode.USAGE) {
                throw exception;
            }
            problem(String.valueOf(exception.getMessage()));
            return exception.argument().equals("command") ? ExitCode.COMMAND_MISSING : ExitCode.FAILED;
        }
    }

    private int done(ToIntFunction<SandboxClient> work) {
        Path socket = common.config().daemon().socket();
        Optional<String> key = Optional.ofNullable(keyFile).map(file -> ApiKey.read(file, "--key-file"));
        try (SandboxClient client = SandboxClient.connect(socket, key);
                Cancellation _ = Cancellation.ofDaemonsWork()) {
            try {
                return work.applyAsInt(client);
            } catch (NeuroVisorException exception) {
                throw exception.fault() == Fault.SANDBOX_UNKNOWN ? withNearest(exception, client) : exception;
            }
        } catch (StandardStreams.Closed closed) {
            return ExitCode.OUTPUT_CLOSED;
        }
    }

    private NeuroVisorException withNearest(NeuroVisorException unknown, SandboxClient client) {
        return NearestName.of(wholeId, ids(client.list(false, Map.of()).stream()))
                .map(near -> new NeuroVisorException(
                        Fault.SANDBOX_UNKNOWN, unknown.getMessage() + "; did you mean " + near + "?", unknown))
                .orElse(unknown);
    }

    /** Returns the id of a running sandbox, which may be abbreviated or named. */
    public String id(SandboxClient client, String text) {
        return id(client, text, false);
    }

    /** Returns the ids of different sandboxes. All arguments are checked before anything is done with the first. */
    List<String> ids(SandboxClient client, List<String> texts) {
        return texts.stream().map(text -> id(client, text)).distinct().toList();
    }

    /** Repeats a call that waits for a change of a sandbox: it goes on when a call has waited too long for it. */
    static <T> T patiently(Supplier<T> call) {
        Deadline end = Deadline.after(PATIENCE, Ticker.SYSTEM);
        while (true) {
            try {
                return call.get();
            } catch (NeuroVisorException failure) {
                if (failure.fault() != Fault.SANDBOX_BUSY || end.hasPassed()) {
                    throw failure;
                }
            }
        }
    }

    /** @param ended whether it may have ended */
    String id(SandboxClient client, String text, boolean ended) {
        if (SandboxId.isValid(text)) {
            // Whether it exists is found out by the call that it is for.
            wholeId = text;
            return text;
        }
        List<SandboxView> all = client.list(ended, Map.of());
        List<String> named = ids(all.stream().filter(sandbox -> sandbox.name().equals(text)));
        List<String> found = named.isEmpty()
                ? ids(all.stream().filter(sandbox -> sandbox.id().startsWith(text)))
                : named;
        if (text.isEmpty() || found.isEmpty()) {
            List<String> known = all.stream()
                    .flatMap(sandbox -> Stream.of(sandbox.id(), sandbox.name()))
                    .filter(name -> !name.isEmpty())
                    .toList();
            throw new NeuroVisorException(
                    Fault.SANDBOX_UNKNOWN,
                    "no sandbox has the name \"" + text + "\" or an id that begins with it"
                            + NearestName.of(text, known)
                                    .map(near -> "; did you mean " + near + "?")
                                    .orElse("; neurovisor sandbox list shows the sandboxes"));
        }
        if (found.size() > 1) {
            throw new NeuroVisorException(
                    Fault.SANDBOX_UNKNOWN,
                    "\"" + text + "\" may be any of these sandboxes: " + String.join(", ", found));
        }
        return found.getFirst();
    }

    private static List<String> ids(Stream<SandboxView> sandboxes) {
        return sandboxes.map(SandboxView::id).toList();
    }

    /** Prints a line on stdout. */
    public void print(String line) {
        command.commandLine().getOut().println(line);
        command.commandLine().getOut().flush();
    }

    public void print(Table table) {
        table.print(command.commandLine().getOut());
    }

    /** Prints a line on stderr that {@code --quiet} suppresses. */
    public void remark(String line) {
        common.tell(command.commandLine().getErr(), line);
    }

    public void endLine() {
        command.commandLine().getErr().println();
    }

    public ConsoleProgress progress() {
        return common.progress();
    }

    /** Prints a problem on stderr. */
    public void problem(String line) {
        command.commandLine().getErr().println("neurovisor: " + line);
    }
}
