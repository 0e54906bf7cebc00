package io.neurovisor.host.doctor;

import io.neurovisor.host.files.DiskUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Reports the disk usage of a data directory by kind, and the free space. */
public record DiskCheck(Path dataDirectory) implements Check {
    private static final String NAME = "disk";
    private static final List<String> KINDS = List.of(
            "images",
            "kernels",
            "initrds",
            "firecracker",
            "labs",
            "templates",
            "sessions",
            "audit",
            "access",
            "journal");
    private static final int MEBIBYTE_BITS = 20;

    /** Room for the templates of one or two sizes. Images are larger and check for room before they are built. */
    private static final long LITTLE_MEBIBYTES = 2048;

    @Override
    public Finding examine() {
        List<String> parts = new ArrayList<>();
        for (String kind : KINDS) {
            long bytes = DiskUsage.bytes(dataDirectory.resolve(kind));
            if (bytes > 0) {
                parts.add(kind + " " + mebibytes(bytes) + " MiB");
            }
        }
        long free = mebibytes(existing().toFile().getUsableSpace());
        String detail = "%s: %s; %d MiB free"
                .formatted(dataDirectory, parts.isEmpty() ? "empty" : String.join(", ", parts), free);
        return free >= LITTLE_MEBIBYTES
                ? Finding.pass(NAME, detail)
                : Finding.warn(NAME, detail, "./neurovisor gc --cache-max 5G, or another --data-dir");
    }

    /** Returns the directory, or its closest existing parent. */
    private Path existing() {
        return Stream.iterate(dataDirectory.toAbsolutePath(), Objects::nonNull, Path::getParent)
                .filter(Files::isDirectory)
                .findFirst()
                .orElseThrow();
    }

    private static long mebibytes(long bytes) {
        return bytes >> MEBIBYTE_BITS;
    }
}
