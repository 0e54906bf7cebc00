package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A client of E2B's that setup/e2b.sh has installed, in a file with a line for each.
 *
 * @param program runs a script with it
 */
public record E2bClient(String language, String version, String program) {
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

    private static final Pattern PYTHON = Pattern.compile("python -c '(.*?)'\n", Pattern.DOTALL);
    private static final Pattern TYPESCRIPT = Pattern.compile("```typescript\n(.*?)```", Pattern.DOTALL);
    private static final Path HOME = Path.of(System.getProperty("neurovisor.home"));

    /** Returns the row of docs/e2b.md for this client. */
    String row(String steps) {
        return "| %s | %s | %s |".formatted(language, version, steps);
    }

    /** Returns those that find sandboxes by {@code urls} or by the names of a {@code domain}. Skips the test without clients. */
    static Stream<E2bClient> thatFindBy(String way) throws IOException {
        String list = System.getenv("NEUROVISOR_TEST_E2B_CLIENTS");
        assumeTrue(list != null, "E2B's clients are not here: ./neurovisor test fetches them");
        return Files.readAllLines(Path.of(list)).stream()
                .map(line -> line.split(" ", 4))
                .filter(parts -> parts[2].equals(way))
                .map(parts -> new E2bClient(parts[0], parts[1], parts[3]));
    }

    /** Creates a key as E2B's clients accept it. */
    public static String key(Map<String, String> environment) {
        return CommandLineRun.of(environment, "keys", "create", "me", "--scopes", "sandbox,execute", "--e2b")
                .stdout()
                .strip();
    }

    /** Runs the twelve steps; {@code environment} says where the sandboxes are. */
    HostCommand.Result steps(Map<String, String> environment) {
        return run(environment, HOME.resolve("setup/e2b/steps." + (isPython() ? "py" : "mjs")));
    }

    /** Runs what docs/e2b.md prints; the file of the program is written into the directory. */
    HostCommand.Result page(Map<String, String> environment, Path directory) throws IOException {
        Matcher printed = (isPython() ? PYTHON : TYPESCRIPT).matcher(Files.readString(HOME.resolve("docs/e2b.md")));
        assertThat(printed.find()).isTrue();
        if (!isPython()) {
            Files.createSymbolicLink(
                    directory.resolve("node_modules"), Path.of(program).resolveSibling("packages/node_modules"));
        }
        Path script = directory.resolve(isPython() ? "page.py" : "page.mts");
        return run(environment, Files.writeString(script, printed.group(1)));
    }

    boolean isPython() {
        return language.equals("python");
    }

    private HostCommand.Result run(Map<String, String> environment, Path script) {
        List<String> command = new ArrayList<>(List.of("env"));
        environment.forEach((name, value) -> command.add(name + "=" + value));
        command.addAll(List.of(program, script.toString()));
        return HostCommand.run(command);
    }

    @Override
    public String toString() {
        return language + " " + version;
    }
}
