package io.neurovisor.server.setting;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The environment that a process is started in.
 *
 * @param variables the environment variables; a variable without a value counts as unset, as in a shell's {@code ${NAME:-}}
 * @param userHome the user's home directory
 */
public record ProcessEnvironment(Map<String, String> variables, Path userHome) {
    private static final String DIRECTORY = "neurovisor";

    public ProcessEnvironment {
        variables = Map.copyOf(variables);
    }

    public static ProcessEnvironment current() {
        return of(System.getenv());
    }

    /** Returns an environment whose home directory is {@code HOME}, as for a shell, or that of the user's account. */
    static ProcessEnvironment of(Map<String, String> variables) {
        String home = variables.getOrDefault("HOME", "");
        return new ProcessEnvironment(
                variables, Path.of(home.startsWith("/") ? home : System.getProperty("user.home")));
    }

    /** Returns the value of a variable, or empty if it is unset or blank. */
    public Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name)).filter(value -> !value.isBlank());
    }

    /** Returns a directory of the XDG base directory specification, which ignores relative paths. */
    public Path directory(String variable, String belowHome) {
        return variable(variable)
                .filter(value -> value.startsWith("/"))
                .map(Path::of)
                .orElseGet(() -> userHome.resolve(belowHome));
    }

    /**
     * Returns the directory of this user's sockets. It is below {@code XDG_RUNTIME_DIR} if that directory is writable, or
     * contains a writable {@code neurovisor}, which a service manager creates for a service. Otherwise it is below
     * {@code /run} for root and below {@code /tmp} for other users. The path is short because a socket's path has at most
     * 107 bytes (unix(7)).
     */
    public Path runtimeDirectory() {
        return variable("XDG_RUNTIME_DIR")
                .filter(value -> value.startsWith("/"))
                .map(Path::of)
                .filter(directory -> Files.isWritable(directory) || Files.isWritable(directory.resolve(DIRECTORY)))
                .map(directory -> directory.resolve(DIRECTORY))
                .orElseGet(() -> directoryOf(System.getProperty("user.name")));
    }

    private static Path directoryOf(String user) {
        Path run = Path.of("/run");
        return user.equals("root") && Files.isWritable(run)
                ? run.resolve(DIRECTORY)
                : Path.of("/tmp", "neurovisor-" + user);
    }
}
