package io.neurovisor.cli;

import io.neurovisor.cli.run.Launch;
import io.neurovisor.cli.run.LocalMachines;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine;

/** One call of the command line in this JVM, with its output. */
public record CommandRun(int exitCode, ByteBuffer stdoutBytes, String stderr) {
    private static final LocalMachines.Opening NONE = (_, _, _) -> {
        throw new AssertionError("a machine is asked for");
    };

    /** Runs a command, and fails if it asks for a machine. */
    public static CommandRun of(String... arguments) {
        return of(Map.of(), arguments);
    }

    /** Runs a command with environment variables, and fails if it asks for a machine. */
    public static CommandRun of(Map<String, String> variables, String... arguments) {
        return of(variables, InputStream.nullInputStream(), NONE, arguments);
    }

    public static CommandRun of(
            Map<String, String> variables, String stdin, LocalMachines.Opening machines, String... arguments) {
        InputStream in = new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8));
        return of(variables, in, machines, arguments);
    }

    private static CommandRun of(
            Map<String, String> variables, InputStream stdin, LocalMachines.Opening machines, String... arguments) {
        Map<String, String> environment = new HashMap<>(Map.of("NEUROVISOR_DAEMON", "off"));
        environment.putAll(variables);
        ProcessEnvironment process = new ProcessEnvironment(environment, Path.of("/nowhere"));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        CommandLine commandLine = Main.commandLine(new Launch(process, stdin, out, err, machines), arguments);
        commandLine.setOut(new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true));
        commandLine.setErr(new PrintWriter(new OutputStreamWriter(err, StandardCharsets.UTF_8), true));
        int exitCode = commandLine.execute(arguments);
        return new CommandRun(exitCode, ByteBuffer.wrap(out.toByteArray()), err.toString(StandardCharsets.UTF_8));
    }

    public String stdout() {
        return StandardCharsets.UTF_8.decode(stdoutBytes.duplicate()).toString();
    }
}
