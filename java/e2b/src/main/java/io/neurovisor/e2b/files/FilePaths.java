package io.neurovisor.e2b.files;

import io.grpc.StatusRuntimeException;
import io.neurovisor.e2b.DaemonCalls;
import io.neurovisor.e2b.HomePath;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.engine.fault.Fault;

/** Failures of calls for a path. */
final class FilePaths {
    private FilePaths() {}

    /** Returns the failure of a call for a path; that the path does not exist is said as envd says it. */
    static RuntimeException missing(String path, StatusRuntimeException failure) {
        return DaemonCalls.reason(failure).equals(Fault.FILE_UNKNOWN.name())
                ? HttpFailure.of(404, "path '%s' does not exist".formatted(HomePath.absolute(path)))
                : failure;
    }
}
