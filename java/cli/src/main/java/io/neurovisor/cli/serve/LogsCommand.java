package io.neurovisor.cli.serve;

import io.neurovisor.cli.console.NoDaemon;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.server.client.ServingProcess;
import io.neurovisor.server.setting.SettingGroup;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Prints the log of the daemon of this user, if it is a file, or where it is written. */
@Command(
        name = "logs",
        description = {
            "Prints the last lines of this user's daemon's log, or where it is written.",
            "A daemon logs to its standard error: a file, the journal of systemd, or a terminal."
        },
        footer = {"", "Exit codes: 0; 3 there is no daemon."},
        mixinStandardHelpOptions = true)
@AcceptsSettings(SettingGroup.SOCKET)
public final class LogsCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "N",
            defaultValue = "100",
            description = "The number of lines. Default: ${DEFAULT-VALUE}.")
    private int lines;

    @Option(names = "--raw", description = "Print the lines as they were written, such as JSON.")
    private boolean raw;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (lines < 1) {
            throw new ParameterException(spec.commandLine(), "--lines: " + lines + " is not allowed; use at least 1");
        }
        try {
            ServingProcess daemon = ServingProcess.at(common.config().daemon().socket());
            String log = daemon.log();
            PrintWriter out = spec.commandLine().getOut();
            if (Files.isRegularFile(Path.of(log))) {
                common.tell(spec.commandLine().getErr(), "the log is " + log);
                print(Path.of(log), out);
            } else {
                out.println("the daemon, process " + daemon.handle().pid() + ", " + place(log, daemon));
            }
            out.flush();
            return 0;
        } catch (NeuroVisorException exception) {
            return NoDaemon.reported(exception, spec);
        }
    }

    private static String place(String log, ServingProcess daemon) {
        if (log.equals("/dev/null")) {
            return "discards its log: its standard error is /dev/null";
        }
        if (log.startsWith("socket:")) {
            return daemon.unit()
                    .map(unit -> "logs to the journal; journalctl --unit " + unit + " prints it")
                    .orElse("logs to a socket of the process that started it");
        }
        return log.startsWith("pipe:") ? "logs into a pipe of the process that started it" : "logs to " + log;
    }

    private void print(Path log, PrintWriter out) {
        // A log may end within a character, and ISO 8859-1 decodes any bytes.
        try (Stream<String> all = Files.lines(log, StandardCharsets.ISO_8859_1)) {
            Deque<String> last = new ArrayDeque<>();
            all.forEach(line -> {
                last.addLast(line);
                if (last.size() > lines) {
                    last.removeFirst();
                }
            });
            last.stream()
                    .map(line -> new String(line.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
                    .map(line -> raw ? line : LogText.of(line))
                    .forEach(line -> out.println(UntrustedText.line(line)));
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "log " + log + " cannot be read: " + StorageFaults.reason(exception), exception);
        }
    }
}
