package io.neurovisor.host.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A program of the host with its arguments.
 *
 * @param program a name that is looked up in PATH, or an absolute path
 * @param debianPackage the Debian package of the program, for the error message if it is missing
 * @param arguments passed unchanged, without a shell
 * @param environment variables that are added to those of this process; an empty value removes the variable
 * @param guard a program that runs the command line that follows; empty for none
 */
public record ToolCommand(
        String program,
        String debianPackage,
        List<String> arguments,
        Map<String, String> environment,
        List<String> guard) {
    public ToolCommand {
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

    /** Returns a command that runs this program's command line by another program. */
    public ToolCommand below(List<String> runner) {
        return new ToolCommand(program, debianPackage, arguments, environment, runner);
    }

    /**
     * Returns the command as root of a user namespace with the ids of this user in /etc/subuid; the user's own id is
     * root in it. Needs newuidmap(1), and so a caller without no_new_privs.
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

    /** Returns the program's file if it is installed. */
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
