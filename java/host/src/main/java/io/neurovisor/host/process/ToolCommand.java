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
 */
public record ToolCommand(
        String program, String debianPackage, List<String> arguments, Map<String, String> environment) {
    public ToolCommand {
        requireNonNull(program, "program is null");
        requireNonNull(debianPackage, "debianPackage is null");
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
    }

    public static ToolCommand of(String program, String debianPackage, String... arguments) {
        return new ToolCommand(program, debianPackage, List.of(arguments), Map.of());
    }

    public ToolCommand withArguments(List<String> more) {
        return new ToolCommand(
                program,
                debianPackage,
                Stream.concat(arguments.stream(), more.stream()).toList(),
                environment);
    }

    public ToolCommand withEnvironment(String name, String value) {
        Map<String, String> changed = new TreeMap<>(environment);
        changed.put(name, value);
        return new ToolCommand(program, debianPackage, arguments, changed);
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
        ProcessBuilder builder = new ProcessBuilder(
                Stream.concat(Stream.of(program), arguments.stream()).toList());
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
