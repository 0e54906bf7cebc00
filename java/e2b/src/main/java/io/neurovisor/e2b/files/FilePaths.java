package io.neurovisor.e2b.files;

import io.grpc.StatusRuntimeException;
import io.neurovisor.e2b.DaemonCalls;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.engine.fault.Fault;
import java.util.ArrayDeque;
import java.util.Deque;

/** Paths of a sandbox as text: what its links make of them is not known. */
final class FilePaths {
    private static final String HOME = "/home/user";

    private FilePaths() {}

    /** Returns a path from the root, without {@code .} and {@code ..}. */
    static String absolute(String path) {
        Deque<String> names = new ArrayDeque<>();
        for (String name : (path.startsWith("/") ? path : HOME + "/" + path).split("/", -1)) {
            if (name.equals("..")) {
                String _ = names.pollLast();
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.addLast(name);
            }
        }
        return "/" + String.join("/", names);
    }

    /** Returns the failure of a call for a path; that the path does not exist is said as envd says it. */
    static RuntimeException missing(String path, StatusRuntimeException failure) {
        return DaemonCalls.reason(failure).equals(Fault.FILE_UNKNOWN.name())
                ? HttpFailure.of(404, "path '%s' does not exist".formatted(absolute(path)))
                : failure;
    }
}
