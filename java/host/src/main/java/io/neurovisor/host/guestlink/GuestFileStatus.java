package io.neurovisor.host.guestlink;

import io.grpc.Status;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.message.GuestText;
import java.util.List;

/** Translates the status of a failed call about a guest's files into a fault. */
final class GuestFileStatus {
    /** The faults that an agent reports by their name and a colon at the beginning of its message. */
    private static final List<Fault> NAMED =
            List.of(Fault.NOT_A_DIRECTORY, Fault.NOT_EMPTY, Fault.DISK_FULL, Fault.READ_LIMIT, Fault.WATCH_LIMIT);

    private GuestFileStatus() {}

    static NeuroVisorException failure(Status status, Exception cause) {
        String text = GuestText.line(String.valueOf(status.getDescription()));
        return switch (status.getCode()) {
            case NOT_FOUND -> new NeuroVisorException(Fault.FILE_UNKNOWN, text, cause);
            case ALREADY_EXISTS -> new NeuroVisorException(Fault.FILE_EXISTS, text, cause);
            case PERMISSION_DENIED -> new NeuroVisorException(Fault.FILE_FORBIDDEN, text, cause);
            case FAILED_PRECONDITION, RESOURCE_EXHAUSTED ->
                NAMED.stream()
                        .filter(fault -> text.startsWith(fault.name() + ": "))
                        .findFirst()
                        .map(fault -> new NeuroVisorException(
                                fault, text.substring(fault.name().length() + 2), cause))
                        .orElseGet(() -> GuestStatus.failure(status, cause));
            default -> GuestStatus.failure(status, cause);
        };
    }
}
