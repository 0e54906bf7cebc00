package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A client of E2B's that setup/e2b.sh has installed.
 *
 * @param program runs a script with it
 */
record E2bClient(String language, String version, String program) {
    static final List<String> STEPS = List.of(
            "create",
            "run",
            "background",
            "stdin",
            "files",
            "watch",
            "pty",
            "pause",
            "connect",
            "snapshot",
            "fork",
            "kill");

    private static final Path HOME = Path.of(System.getProperty("neurovisor.home"));

    /** Returns the row of docs/e2b.md for this client. */
    String row(String steps) {
        return "| %s | %s | %s |".formatted(language, version, steps);
    }

    /** Installs the clients that {@code setup/e2b.sh} names with these arguments. */
    static Stream<E2bClient> installed(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(HOME.resolve("setup/e2b.sh").toString()));
        command.addAll(List.of(arguments));
        HostCommand.Result installed = HostCommand.run(command);
        assertThat(installed.exitCode()).as(installed.stderr()).isZero();
        return installed.stdout().lines().map(line -> {
            String[] parts = line.split(" ", 3);
            return new E2bClient(parts[0], parts[1], parts[2]);
        });
    }

    /** Creates a key as E2B's clients accept it. */
    static String key(Map<String, String> environment) {
        return CommandLineRun.of(environment, "keys", "create", "me", "--scopes", "sandbox,execute", "--e2b")
                .stdout()
                .strip();
    }

    /** Runs the twelve steps; {@code environment} says where the sandboxes are. */
    HostCommand.Result steps(Map<String, String> environment) {
        List<String> command = new ArrayList<>(List.of("env"));
        environment.forEach((name, value) -> command.add(name + "=" + value));
        String script = "setup/e2b/steps." + (language.equals("python") ? "py" : "mjs");
        command.addAll(List.of(program, HOME.resolve(script).toString()));
        return HostCommand.run(command);
    }

    @Override
    public String toString() {
        return language + " " + version;
    }
}
