package io.neurovisor.cli.completion;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * A link to the launcher of a checkout in a directory of {@code PATH}, and completion scripts. Files that NeuroVisor has not
 * written are neither overwritten nor removed.
 *
 * @param launcher the destination of the link
 * @param bin the directory of the link
 * @param share the directory of the completion scripts
 */
public record CommandFiles(Path launcher, Path bin, Path share) {
    private static final String NAME = "neurovisor";

    static CommandFiles below(Path home, Path prefix) {
        return new CommandFiles(launcher(home), prefix.resolve("bin"), prefix.resolve("share"));
    }

    /** Returns the files of this user; for root, those of all users. */
    static CommandFiles standard(Path home, ProcessEnvironment environment) {
        return System.getProperty("user.name").equals("root")
                ? below(home, Path.of("/usr/local"))
                : new CommandFiles(
                        launcher(home),
                        environment.userHome().resolve(".local/bin"),
                        environment.directory("XDG_DATA_HOME", ".local/share"));
    }

    /** Returns all files that {@code install} has written for this checkout and this user can remove. */
    public static List<Path> installed(Path home, ProcessEnvironment environment) {
        Set<Path> files = new LinkedHashSet<>();
        Stream.concat(
                        Stream.of(standard(home, environment)),
                        path(environment)
                                .map(bin -> new CommandFiles(launcher(home), bin, bin.resolveSibling("share"))))
                .filter(place -> place.isOurs(place.link()))
                .forEach(place -> place.files()
                        .filter(place::isOurs)
                        .filter(CommandFiles::isRemovable)
                        .forEach(files::add));
        return List.copyOf(files);
    }

    /** Writes the link and the scripts, and returns their paths. */
    List<Path> install(CommandLine program) {
        files().filter(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !isOurs(file))
                .findFirst()
                .ifPresent(file -> {
                    throw new NeuroVisorException(
                            Fault.INVALID_ARGUMENT,
                            file + " exists and is not from this checkout; remove it, or choose another directory with"
                                    + " --prefix");
                });
        List<Path> written = new ArrayList<>();
        try {
            Files.createDirectories(bin);
            Files.deleteIfExists(link());
            written.add(Files.createSymbolicLink(link(), launcher));
            for (Shell shell : Shell.values()) {
                Path script = share.resolve(shell.path());
                Files.createDirectories(requireNonNull(script.getParent(), "a script is in a directory"));
                written.add(Files.writeString(script, shell.file(program)));
            }
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "the command cannot be installed into " + bin + " and " + share + ": "
                            + StorageFaults.reason(exception) + "; --prefix names another directory",
                    exception);
        }
        return written;
    }

    boolean isOnPath(ProcessEnvironment environment) {
        return path(environment).anyMatch(bin::equals);
    }

    private Stream<Path> files() {
        return Stream.concat(Stream.of(link()), Stream.of(Shell.values()).map(shell -> share.resolve(shell.path())));
    }

    private Path link() {
        return bin.resolve(NAME);
    }

    private boolean isOurs(Path file) {
        try {
            if (file.equals(link())) {
                return Files.isSymbolicLink(file)
                        && Files.readSymbolicLink(file).equals(launcher);
            }
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
            try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
                return lines.limit(2).anyMatch(Shell.MARK::equals);
            }
        } catch (IOException | UncheckedIOException exception) {
            return false;
        }
    }

    /** Root may have installed the command of the same checkout for all users. */
    private static boolean isRemovable(Path file) {
        return Files.isWritable(requireNonNull(file.getParent(), "a file is in a directory"));
    }

    private static Stream<Path> path(ProcessEnvironment environment) {
        return environment.variable("PATH").stream()
                .flatMap(path -> Stream.of(path.split(":")))
                .filter(directory -> directory.startsWith("/"))
                .map(directory -> Path.of(directory).normalize());
    }

    private static Path launcher(Path home) {
        return home.toAbsolutePath().normalize().resolve(NAME);
    }
}
