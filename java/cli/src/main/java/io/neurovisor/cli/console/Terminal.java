package io.neurovisor.cli.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a person looks at what is written. */
public final class Terminal {
    public static final int STDIN = 0;
    public static final int STDOUT = 1;
    static final int STDERR = 2;

    private Terminal() {}

    /** Java asks only about stdin and stdout together, so the descriptor itself is looked at. */
    public static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(descriptor)))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException exception) {
            return false;
        }
    }

    /** As {@code NO_COLOR} asks for it (no-color.org). */
    public static boolean hasColours() {
        return isTerminal(STDOUT)
                && System.getenv().getOrDefault("NO_COLOR", "").isEmpty()
                && !"dumb".equals(System.getenv("TERM"));
    }
}
