package io.neurovisor.host.process;

import static java.util.Objects.requireNonNull;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A program of the host system with its arguments.
 *
 * @param program a name that is looked up in PATH, or an absolute path
 * @param debianPackage the Debian package that holds the program, for the error message when it is missing
 * @param arguments passed as they are, no shell involved
 * @param environment variables that are added to this process's own; an empty value removes the variable
 * @param guard what runs the program, given its command line; nothing when it is run by itself
 */
public record ToolCommand(
        String program,
        String debianPackage,
        List<String> arguments,
        Map<String, String> environment,
        List<String> guard) {
    public ToolCommand {
        requireNonNull(program, "program is null");
        requireNonNull(debianPackage, "debianPackage is null");
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
        guard = List.copyOf(guard);
    }

    public ToolCommand(String program, String debianPackage, List<String> arguments, Map<String, String> environment) {
        this(program, debianPackage, arguments, environment, List.of());
    }

    public static ToolCommand of(String program, String debianPackage, String... arguments) {
        return new ToolCommand(program, debianPackage, List.of(arguments), Map.of());
    }

    public ToolCommand withArguments(List<String> more) {
        return new ToolCommand(
                program,
                debianPackage,
                Stream.concat(arguments.stream(), more.stream()).toList(),
                environment,
                guard);
    }

    public ToolCommand withEnvironment(String name, String value) {
        Map<String, String> changed = new TreeMap<>(environment);
        changed.put(name, value);
        return new ToolCommand(program, debianPackage, arguments, changed, guard);
    }

    /** The program run by another, which gets its command line after its own. */
    public ToolCommand below(List<String> runner) {
        return new ToolCommand(program, debianPackage, arguments, environment, runner);
    }

    /**
     * The program as root of a user namespace with the ids that /etc/subuid gives to this user, whose own id is root there.
     * Needs newuidmap(1), and so a caller that is not barred from new privileges.
     */
    public ToolCommand asNamespaceRoot() {
        return new ToolCommand(
                        "unshare",
                        "util-linux",
                        List.of("--map-root-user", "--map-auto", "--", program),
                        environment,
                        guard)
                .withArguments(arguments);
    }

    /** The program's file, when it is installed. */
    public Optional<Path> find() {
        if (program.contains("/")) {
            return Optional.of(Path.of(program)).filter(Files::isExecutable);
        }
        return Pattern.compile(":")
                .splitAsStream(System.getenv().getOrDefault("PATH", "/usr/bin:/bin"))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    ProcessBuilder processBuilder() {
        ProcessBuilder builder = new ProcessBuilder(Stream.of(guard, List.of(program), arguments)
                .flatMap(List::stream)
                .toList());
        environment.forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        return builder;
    }
}
