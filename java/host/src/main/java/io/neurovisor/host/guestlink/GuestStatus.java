package io.neurovisor.host.guestlink;

import io.grpc.Status;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.message.GuestText;

/** Translates the status of a failed call to a guest into a fault. */
final class GuestStatus {
    private GuestStatus() {}

    static NeuroVisorException failure(Status status, Exception cause) {
        return new NeuroVisorException(faultOf(status), messageOf(status), cause);
    }

    /** Returns the fault of a call whose response had begun: a program that has run cannot be rejected any more. */
    static NeuroVisorException breakOff(Status status, Exception cause) {
        NeuroVisorException failure = failure(status, cause);
        return switch (failure.fault()) {
            case INVALID_ARGUMENT, LANGUAGE_MISSING, GUEST_REFUSED ->
                new NeuroVisorException(
                        Fault.SANDBOX_LOST,
                        "the guest agent refused a program that it had begun (" + failure.getMessage() + ")",
                        cause);
            default -> failure;
        };
    }

    static NeuroVisorException silence(Exception cause) {
        return failure(Status.DEADLINE_EXCEEDED, cause);
    }

    private static Fault faultOf(Status status) {
        return switch (status.getCode()) {
            case DEADLINE_EXCEEDED -> Fault.GUEST_SILENT;
            case INVALID_ARGUMENT -> Fault.INVALID_ARGUMENT;
            case NOT_FOUND -> Fault.LANGUAGE_MISSING;
            case FAILED_PRECONDITION, PERMISSION_DENIED, UNIMPLEMENTED -> Fault.GUEST_REFUSED;
            default -> Thread.currentThread().isInterrupted() ? Fault.INTERRUPTED : Fault.SANDBOX_LOST;
        };
    }

    private static String messageOf(Status status) {
        String description = GuestText.line(String.valueOf(status.getDescription()));
        return switch (status.getCode()) {
            case DEADLINE_EXCEEDED -> "the guest agent did not answer in time";
            case INVALID_ARGUMENT, FAILED_PRECONDITION, NOT_FOUND -> description;
            default ->
                "the connection to the guest agent failed (" + status.getCode() + ": " + description + causeOf(status)
                        + ")";
        };
    }

    /** Returns the cause of a protocol error; gRPC's own description only reports that there was one. */
    private static String causeOf(Status status) {
        Throwable cause = status.getCause();
        return cause == null || cause.getMessage() == null ? "" : ": " + GuestText.line(cause.getMessage());
    }
}
