package io.neurovisor.host.guestlink;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileEvent;
import io.neurovisor.engine.file.FileEvents;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.proto.guest.GuestWatchFilesRequest;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import java.util.List;

/** The changes below a directory of a guest. */
final class GrpcFileEvents implements FileEvents {
    static final int WINDOW = 64 << 10;

    private final GuestConnection connection;
    private final CreditedCall<GuestWatchFilesRequest, WatchFilesResponse> call;
    private int unconsumed;

    private GrpcFileEvents(
            GuestConnection connection, CreditedCall<GuestWatchFilesRequest, WatchFilesResponse> call) {
        this.connection = connection;
        this.call = call;
    }

    /** Returns the changes once the guest has confirmed, by an empty message, that it watches. */
    static FileEvents begin(
            GuestConnection connection,
            CreditedCall<GuestWatchFilesRequest, WatchFilesResponse> call,
            GuestWatchFilesRequest request,
            Deadline deadline) {
        boolean begun = false;
        try {
            call.begin(request, deadline);
            if (call.next(deadline.remaining()).stream().noneMatch(first -> first.getEventsCount() == 0)) {
                throw connection.violated("sent events of a watch before it was confirmed, or ended it");
            }
            begun = true;
            return new GrpcFileEvents(connection, call);
        } finally {
            if (!begun) {
                call.close();
            }
        }
    }

    @Override
    public List<FileEvent> next() {
        call.consumed(unconsumed);
        unconsumed = 0;
        WatchFilesResponse message = call.next()
                .orElseThrow(() ->
                        new NeuroVisorException(Fault.FILE_UNKNOWN, "the watched directory does not exist any more"));
        if (message.getEventsCount() == 0) {
            throw connection.violated("sent a message of a watch without an event");
        }
        unconsumed = message.getEventsList().stream()
                .mapToInt(GuestFileMessages::bytes)
                .sum();
        call.received(unconsumed);
        GuestFileMessages messages = new GuestFileMessages(connection);
        return message.getEventsList().stream().map(messages::event).toList();
    }

    @Override
    public void close() {
        call.close();
    }
}
