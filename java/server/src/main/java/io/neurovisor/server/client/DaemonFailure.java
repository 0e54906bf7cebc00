package io.neurovisor.server.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.StatusException;
import io.grpc.protobuf.StatusProto;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.status.RpcFailure;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Translates the failure of a call into a fault. */
public final class DaemonFailure {
    private DaemonFailure() {}

    /** Translates the failure of a call that runs a program. */
    static NeuroVisorException ofProgram(StatusException exception, Path socket) {
        return ofService(exception).orElseGet(() -> programFailure(exception, socket));
    }

    /** Translates the failure of a call about sandboxes; a failure in an interrupted thread is its interrupt. */
    public static NeuroVisorException ofSandboxes(StatusException exception, Path socket) {
        if (Thread.currentThread().isInterrupted()) {
            return new NeuroVisorException(Fault.INTERRUPTED, "cancelled", exception);
        }
        return ofService(exception).orElseGet(() -> sandboxFailure(exception, socket));
    }

    /** Translates the status of a copy that was not made. */
    public static NeuroVisorException ofStatus(Status status, Path socket) {
        return ofSandboxes(StatusProto.toStatusException(status), socket);
    }

    private static Optional<NeuroVisorException> ofService(StatusException exception) {
        Status status = StatusProto.fromThrowable(exception);
        String message = status == null ? "" : status.getMessage();
        return reason(status)
                .map(reason -> invalidField(status)
                        .filter(_ -> reason.equals(Fault.INVALID_ARGUMENT.name()))
                        .map(field -> NeuroVisorException.invalid(field, message))
                        .orElseGet(() -> new NeuroVisorException(
                                fault(reason).orElse(Fault.DAEMON_REFUSED), message, exception)));
    }

    // The other failures come from a library or the connection.

    private static NeuroVisorException sandboxFailure(StatusException exception, Path socket) {
        String words =
                exception.getStatus().getCode() + ": " + exception.getStatus().getDescription();
        return switch (exception.getStatus().getCode()) {
            case UNIMPLEMENTED ->
                new NeuroVisorException(
                        Fault.DAEMON_REFUSED,
                        "the daemon at " + socket + " keeps no sandboxes; start it with --max-sandboxes above 0",
                        exception);
            case RESOURCE_EXHAUSTED, UNAUTHENTICATED, PERMISSION_DENIED ->
                new NeuroVisorException(
                        Fault.DAEMON_REFUSED,
                        "the daemon at " + socket + " rejected the call (" + words + ")",
                        exception);
            case DEADLINE_EXCEEDED ->
                new NeuroVisorException(
                        Fault.DAEMON_LOST, "the daemon at " + socket + " did not answer in time", exception);
            default ->
                new NeuroVisorException(
                        Fault.DAEMON_LOST, "the daemon at " + socket + " was lost (" + words + ")", exception);
        };
    }

    private static NeuroVisorException programFailure(StatusException exception, Path socket) {
        String words =
                exception.getStatus().getCode() + ": " + exception.getStatus().getDescription();
        return switch (exception.getStatus().getCode()) {
            case UNIMPLEMENTED, RESOURCE_EXHAUSTED ->
                new NeuroVisorException(
                        Fault.DAEMON_REFUSED,
                        "the daemon at " + socket + " rejected the program (" + words + ")",
                        exception);
            default ->
                new NeuroVisorException(
                        Fault.DAEMON_LOST,
                        "the daemon at " + socket + " was lost while it ran the program (" + words
                                + "); the outcome of the program is unknown",
                        exception);
        };
    }

    private static Optional<String> reason(@Nullable Status status) {
        return details(status, ErrorInfo.class)
                .filter(info -> info.getDomain().equals(RpcFailure.DOMAIN))
                .map(ErrorInfo::getReason)
                .findFirst();
    }

    private static Optional<String> invalidField(@Nullable Status status) {
        return details(status, BadRequest.class)
                .flatMap(request -> request.getFieldViolationsList().stream())
                .map(BadRequest.FieldViolation::getField)
                .findFirst();
    }

    private static <T extends Message> Stream<T> details(@Nullable Status status, Class<T> kind) {
        return status == null
                ? Stream.empty()
                : status.getDetailsList().stream()
                        .filter(detail -> detail.is(kind))
                        .flatMap(detail -> unpacked(detail, kind));
    }

    private static <T extends Message> Stream<T> unpacked(Any detail, Class<T> kind) {
        try {
            return Stream.of(detail.unpack(kind));
        } catch (InvalidProtocolBufferException exception) {
            return Stream.empty();
        }
    }

    private static Optional<Fault> fault(String reason) {
        return Arrays.stream(Fault.values())
                .filter(fault -> fault.name().equals(reason))
                .findFirst();
    }
}
