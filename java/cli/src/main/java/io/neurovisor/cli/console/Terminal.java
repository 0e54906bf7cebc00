package io.neurovisor.cli.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Detects whether a stream of this process is a terminal, and whether it has colours. */
public final class Terminal {
    public static final int STDIN = 0;
    public static final int STDOUT = 1;
    static final int STDERR = 2;

    private Terminal() {}

    /** Returns whether the descriptor is a terminal. {@code System.console()} covers only stdin and stdout together. */
    public static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(descriptor)))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException exception) {
            return false;
        }
    }

    /** Returns whether stdout may be coloured; respects {@code NO_COLOR} (no-color.org). */
    public static boolean hasColours() {
        return isTerminal(STDOUT)
                && System.getenv().getOrDefault("NO_COLOR", "").isEmpty()
                && !"dumb".equals(System.getenv("TERM"));
    }
}
