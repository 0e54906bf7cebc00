package io.neurovisor.host.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The content of a running process's file: its runtime directory and each artifact that it uses. */
record UseRecord(Optional<Path> runtimeDirectory, Set<Path> artifacts) {
    private static final String RUNTIME = "runtime ";
    private static final String ARTIFACT = "uses ";

    UseRecord {
        artifacts = Set.copyOf(artifacts);
    }

    static String runtimeLine(Path directory) {
        return RUNTIME + directory.toAbsolutePath().normalize() + "\n";
    }

    static String artifactLine(Path directory) {
        return ARTIFACT + real(directory) + "\n";
    }

    boolean names(Path artifact) {
        return artifacts.contains(real(artifact));
    }

    /** Resolves links, because one directory can have several paths. */
    private static Path real(Path directory) {
        try {
            return directory.toRealPath();
        } catch (IOException gone) {
            return directory.toAbsolutePath().normalize();
        }
    }

    /** A truncated last line is from a process that died during the write. */
    static UseRecord parse(String text) {
        List<String> lines = text.lines().toList();
        return new UseRecord(paths(lines, RUNTIME).stream().findFirst(), Set.copyOf(paths(lines, ARTIFACT)));
    }

    private static List<Path> paths(List<String> lines, String prefix) {
        return lines.stream()
                .filter(line -> line.startsWith(prefix + "/") && line.indexOf('\0') < 0)
                .map(line -> Path.of(line.substring(prefix.length())))
                .toList();
    }
}
