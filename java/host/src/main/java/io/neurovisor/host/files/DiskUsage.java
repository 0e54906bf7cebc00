package io.neurovisor.host.files;

import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * The space that files occupy on disk, from du(1). A saved memory has holes, so lengths say too much, and the JDK
 * offers no other size.
 */
public final class DiskUsage {
    private DiskUsage() {}

    /** Returns the space of a file or a directory tree; 0 if it does not exist. */
    public static long bytes(Path path) {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return 0;
        }
        String line = Tool.of(ToolCommand.of("du", "coreutils", "-s", "-B1", "--", path.toString()))
                .lines()
                .getFirst();
        return Long.parseLong(line.replaceFirst("\\D.*", ""));
    }
}
