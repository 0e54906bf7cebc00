package io.neurovisor.host.guestlink;

import io.grpc.Status;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileEvent;
import io.neurovisor.engine.file.FileEvents;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import java.util.List;
import java.util.Optional;

/** The changes below a directory of a guest. */
final class GrpcFileEvents implements FileEvents {
    private final GuestFileMessages messages;
    private final GuestStream<?, WatchFilesResponse> stream;
    private volatile boolean closed;

    /** @param stream from its second message on */
    GrpcFileEvents(GuestFileMessages messages, GuestStream<?, WatchFilesResponse> stream) {
        this.messages = messages;
        this.stream = stream;
    }

    @Override
    public List<FileEvent> next() {
        return stream.next().orElseThrow(this::end).getEventsList().stream()
                .map(messages::event)
                .toList();
    }

    private NeuroVisorException end() {
        return closed
                ? new NeuroVisorException(Fault.INTERRUPTED, "the watch was ended")
                : new NeuroVisorException(Fault.FILE_UNKNOWN, "the watched directory does not exist any more");
    }

    @Override
    public void close() {
        closed = true;
        stream.close();
    }

    /** What a guest may send as the changes below a directory: first an empty confirmation, then events. Not thread-safe. */
    static final class Rules implements StreamRules<WatchFilesResponse> {
        private static final int LEAST_WINDOW_BYTES = 32 << 10;

        private boolean confirmed;

        @Override
        public int check(WatchFilesResponse message) {
            if (confirmed == (message.getEventsCount() == 0)) {
                throw new NeuroVisorException(
                        Fault.SANDBOX_LOST,
                        confirmed
                                ? "sent a message of a watch without an event"
                                : "sent events of a watch before it was confirmed");
            }
            confirmed = true;
            return message.getEventsList().stream()
                    .mapToInt(GuestFileMessages::bytes)
                    .sum();
        }

        @Override
        public Optional<WatchFilesResponse> merged(WatchFilesResponse first, WatchFilesResponse second) {
            return Optional.empty();
        }

        @Override
        public boolean isComplete() {
            return false;
        }

        /** The watched directory may be removed. */
        @Override
        public boolean mayEnd() {
            return confirmed;
        }

        /** An event may have two paths of 4352 bytes, each of which becomes three if it is not UTF-8. */
        @Override
        public int leastWindowBytes() {
            return LEAST_WINDOW_BYTES;
        }

        @Override
        public NeuroVisorException failure(Status status, Exception cause, boolean afterMessages) {
            return GuestFileStatus.failure(status, cause);
        }
    }
}
