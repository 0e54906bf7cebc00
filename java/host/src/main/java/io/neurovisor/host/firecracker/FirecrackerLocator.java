package io.neurovisor.host.firecracker;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.ProbeCache;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds Firecracker: the path that the user configured, else the data directory, where {@code setup --firecracker}
 * installs it, else PATH. Only versions that have passed the tests are used.
 *
 * @param searchPath directories separated as in {@code PATH}
 */
public record FirecrackerLocator(Path dataDirectory, String searchPath, ProbeCache cache) {
    /** The versions that pass the contract tests, the newest last. */
    public static final List<String> SUPPORTED = List.of("1.12.1");

    public static final String NAME = "firecracker";
    private static final String JAILER = "jailer";

    /** Restores machines whose vsock never works. */
    private static final String BROKEN = "1.16.0";

    private static final Pattern VERSION = Pattern.compile("v(\\d+\\.\\d+\\.\\d+)");
    private static final Duration VERSION_TIMEOUT = Duration.ofSeconds(10);

    /** Returns the directory of a version in a data directory. */
    public static Path directory(Path dataDirectory, String version) {
        return dataDirectory.resolve(NAME).resolve(version);
    }

    /** Returns the program at a path that the user configured. */
    public FirecrackerProgram at(Path executable) {
        if (!Files.isRegularFile(executable) || !Files.isExecutable(executable)) {
            throw missing(
                    "%s is not a program; name Firecracker's executable with --firecracker".formatted(executable));
        }
        return program(executable.toAbsolutePath());
    }

    /** Returns the first program found; throws if it cannot be used instead of trying the next. */
    public Optional<FirecrackerProgram> find() {
        Stream<Path> kept = SUPPORTED.reversed().stream().map(version -> directory(dataDirectory, version));
        Stream<Path> searched = Pattern.compile(":")
                .splitAsStream(searchPath)
                .filter(directory -> !directory.isEmpty())
                .map(Path::of);
        return Stream.concat(kept, searched)
                .map(directory -> directory.resolve(NAME))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst()
                .map(this::program);
    }

    private FirecrackerProgram program(Path executable) {
        String version = version(executable);
        if (!SUPPORTED.contains(version)) {
            throw missing("%s is version %s%s; supported: %s; ./neurovisor setup --firecracker gets one"
                    .formatted(
                            executable,
                            version,
                            version.equals(BROKEN) ? ", which restores machines whose vsock stays dead" : "",
                            String.join(", ", SUPPORTED)));
        }
        Path jailer = executable.resolveSibling(JAILER);
        if (!Files.isExecutable(jailer)) {
            throw missing("%s has no %s next to it, although its release includes one".formatted(executable, JAILER));
        }
        String jailers = version(jailer);
        if (!jailers.equals(version)) {
            throw missing("%s is version %s, its Firecracker %s; take both from one release"
                    .formatted(jailer, jailers, version));
        }
        return new FirecrackerProgram(executable, jailer, version);
    }

    private String version(Path executable) {
        String key = NAME + " / " + executable + " / " + ProbeCache.fingerprint(executable);
        return cache.get(key).orElseGet(() -> {
            String version = askVersion(executable);
            cache.put(key, version);
            return version;
        });
    }

    private static String askVersion(Path executable) {
        StringBuilder said = new StringBuilder();
        try {
            Tool.of(ToolCommand.of(executable.toString(), NAME, "--version"))
                    .outputLines(line -> said.append(line).append(' '))
                    .deadline(VERSION_TIMEOUT)
                    .run();
        } catch (NeuroVisorException exception) {
            if (exception.fault() == Fault.INTERRUPTED) {
                throw exception;
            }
            throw missing(executable + " cannot be run: " + exception.getMessage());
        }
        Matcher matcher = VERSION.matcher(said);
        if (!matcher.find()) {
            throw missing(executable + " does not say its version: \""
                    + said.toString().strip() + "\"");
        }
        return String.valueOf(matcher.group(1));
    }

    private static NeuroVisorException missing(String why) {
        return new NeuroVisorException(Fault.VMM_MISSING, why);
    }
}
