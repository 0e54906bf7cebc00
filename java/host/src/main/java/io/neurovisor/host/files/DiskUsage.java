package io.neurovisor.host.files;

import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** What files take on disk. A saved memory has holes, so lengths say too much, and Java knows no other size. */
public final class DiskUsage {
    private DiskUsage() {}

    /** Of a file or a whole directory; 0 when it is not there. */
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
