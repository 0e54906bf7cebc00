package io.neurovisor.host.guestlink;

import io.grpc.Status;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.message.GuestText;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Translates the status of a failed call to a guest into a fault. */
final class GuestStatus {
    private static final Pattern FIELD = Pattern.compile("([a-z_]{1,30})(?:[.\\[][^:]{0,200})?: ");

    /** How gRPC begins its message about a message of a guest that is too large. */
    private static final String TOO_LARGE = "gRPC message exceeds maximum size";

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

    /** Returns the fault of a rejected request about a process. A guest reports its own failures as INTERNAL. */
    static NeuroVisorException processRefusal(Status status, Exception cause) {
        return switch (status.getCode()) {
            case NOT_FOUND -> reported(Fault.PROCESS_UNKNOWN, status, cause);
            case ALREADY_EXISTS -> reported(Fault.TAG_TAKEN, status, cause);
            case FAILED_PRECONDITION -> reported(Fault.PROCESS_REFUSED, status, cause);
            case RESOURCE_EXHAUSTED ->
                String.valueOf(status.getDescription()).startsWith(TOO_LARGE)
                        ? failure(status, cause)
                        : reported(
                                isPrefixed(status, Fault.PROCESS_LIMIT) ? Fault.PROCESS_LIMIT : Fault.GUEST_REFUSED,
                                status,
                                cause);
            case INTERNAL -> reported(Fault.GUEST_REFUSED, status, cause);
            case INVALID_ARGUMENT -> NeuroVisorException.invalid(field(status), messageOf(status));
            default -> failure(status, cause);
        };
    }

    /**
     * Returns the fault of a stream of a process' events that had begun. A guest may forget a process that has ended, but
     * nothing else is a reason to end the stream.
     */
    static NeuroVisorException processBreakOff(Status status, Exception cause) {
        NeuroVisorException failure = processRefusal(status, cause);
        return switch (failure.fault()) {
            case PROCESS_UNKNOWN, GUEST_SILENT, SANDBOX_LOST, INTERRUPTED -> failure;
            default ->
                new NeuroVisorException(
                        Fault.SANDBOX_LOST,
                        "the guest agent broke off the events of a process (" + failure.getMessage() + ")",
                        cause);
        };
    }

    /** Returns the fault of a rejected request about contexts or cells, or of the end of a cell's events. */
    static NeuroVisorException interpreterRefusal(Status status, Exception cause) {
        return switch (status.getCode()) {
            case NOT_FOUND -> named(status, cause, Fault.CONTEXT_UNKNOWN, Fault.CELL_UNKNOWN);
            case FAILED_PRECONDITION -> named(status, cause, Fault.CONTEXT_DEAD, Fault.CONTEXT_BUSY);
            case RESOURCE_EXHAUSTED -> named(status, cause, Fault.CONTEXT_LIMIT, Fault.CELL_LIMIT);
            case ABORTED -> named(status, cause, Fault.CONTEXT_RESTARTED, Fault.CONTEXT_REMOVED);
            case UNIMPLEMENTED -> named(status, cause, Fault.LANGUAGE_UNSUPPORTED, Fault.TABLE_FORMAT_UNSUPPORTED);
            case INTERNAL -> reported(Fault.GUEST_REFUSED, status, cause);
            case INVALID_ARGUMENT -> NeuroVisorException.invalid(field(status), messageOf(status));
            default -> failure(status, cause);
        };
    }

    /** Returns the fault with which an agent begins its message, or that of a failed call. */
    private static NeuroVisorException named(Status status, Exception cause, Fault... faults) {
        return Stream.of(faults)
                .filter(fault -> isPrefixed(status, fault))
                .findFirst()
                .map(fault -> reported(fault, status, cause))
                .orElseGet(() -> failure(status, cause));
    }

    /** Returns the field with which an agent begins its message about an invalid one, such as {@code args[1]: ...}. */
    private static String field(Status status) {
        Matcher field = FIELD.matcher(String.valueOf(status.getDescription()));
        return field.lookingAt() ? field.group(1) : "";
    }

    /** An agent begins the message of a fault with its name. */
    private static boolean isPrefixed(Status status, Fault fault) {
        return String.valueOf(status.getDescription()).startsWith(fault.name() + ": ");
    }

    private static NeuroVisorException reported(Fault fault, Status status, Exception cause) {
        String description = String.valueOf(status.getDescription());
        return new NeuroVisorException(
                fault,
                GuestText.line(
                        isPrefixed(status, fault)
                                ? description.substring(fault.name().length() + 2)
                                : description),
                cause);
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
