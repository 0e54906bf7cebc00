package io.neurovisor.e2b;

import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.Deque;

/** Paths as E2B's clients write them. */
public final class HomePath {
    private static final String DIRECTORY = "/home/user";
    private static final String HOME = "~";

    private HomePath() {}

    /** Returns the same as {@link #resolved}, and the home directory for no path. */
    public static String orHome(String path) {
        return path.isEmpty() ? DIRECTORY : resolved(path);
    }

    /**
     * Returns the path for the daemon's services. As in envd, a relative path loses its {@code ..} before links are followed, and an
     * absolute one stays as it is.
     */
    public static String resolved(String path) {
        if (path.equals(HOME) || path.startsWith(HOME + "/")) {
            return cleaned(DIRECTORY + path.substring(HOME.length()));
        }
        if (path.startsWith(HOME)) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("path names the home directory of another user: " + path)
                    .asRuntimeException();
        }
        return path.startsWith("/") || !path.contains("..") ? path : absolute(path);
    }

    /** Returns a path from the root, without {@code .} and {@code ..}: what links make of it is not known. */
    public static String absolute(String path) {
        return cleaned(path.startsWith("/") ? path : DIRECTORY + "/" + path);
    }

    private static String cleaned(String path) {
        Deque<String> names = new ArrayDeque<>();
        for (String name : path.split("/", -1)) {
            if (name.equals("..")) {
                String _ = names.pollLast();
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.addLast(name);
            }
        }
        return "/" + String.join("/", names);
    }
}
