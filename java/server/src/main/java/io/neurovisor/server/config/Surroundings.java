package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a process is started with.
 *
 * @param variables its environment; a variable without a value counts as unset, as shells' own defaults treat it
 * @param userHome the user's home directory
 */
public record Surroundings(Map<String, String> variables, Path userHome) {
    private static final String OURS = "neurovisor";

    public Surroundings {
        variables = Map.copyOf(variables);
        requireNonNull(userHome, "userHome is null");
    }

    public static Surroundings ofThisProcess() {
        return new Surroundings(System.getenv(), Path.of(System.getProperty("user.home")));
    }

    Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name)).filter(value -> !value.isBlank());
    }

    /** A directory of the XDG base directory specification, which says that a relative one does not count. */
    Path directory(String variable, String belowHome) {
        return variable(variable)
                .filter(value -> value.startsWith("/"))
                .map(Path::of)
                .orElseGet(() -> userHome.resolve(belowHome));
    }

    /**
     * Where this user's sockets are: below {@code XDG_RUNTIME_DIR} where that is a directory to write to, or has one that
     * is, as the service manager makes it for a service; else root's are below {@code /run} and others' in {@code /tmp}.
     * Short, for a socket's path has at most 107 bytes (unix(7)).
     */
    public Path runtimeDirectory() {
        return variable("XDG_RUNTIME_DIR")
                .filter(value -> value.startsWith("/"))
                .map(Path::of)
                .filter(directory -> Files.isWritable(directory) || Files.isWritable(directory.resolve(OURS)))
                .map(directory -> directory.resolve(OURS))
                .orElseGet(() -> directoryOf(System.getProperty("user.name")));
    }

    private static Path directoryOf(String user) {
        Path run = Path.of("/run");
        return user.equals("root") && Files.isWritable(run) ? run.resolve(OURS) : Path.of("/tmp", "neurovisor-" + user);
    }
}
