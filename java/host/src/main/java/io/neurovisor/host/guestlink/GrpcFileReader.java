package io.neurovisor.host.guestlink;

import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.proto.guest.GuestReadRequest;
import io.neurovisor.proto.sandbox.ReadRequest;
import io.neurovisor.proto.sandbox.ReadResponse;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A file of a guest that is being read. */
final class GrpcFileReader implements FileReader {
    /** How much of a file may be on its way. */
    static final int WINDOW = 256 << 10;

    private static final int MAX_CHUNK_BYTES = 64 << 10;

    private final GuestConnection connection;
    private final CreditedCall<GuestReadRequest, ReadResponse> call;
    private final FileEntry entry;
    private Optional<ReadResponse> first;
    private long remaining;
    private int unconsumed;

    private GrpcFileReader(
            GuestConnection connection,
            CreditedCall<GuestReadRequest, ReadResponse> call,
            ReadResponse first,
            ReadRequest request) {
        this.connection = connection;
        this.call = call;
        this.entry = new GuestFileMessages(connection).entry(first.getEntry());
        this.first = Optional.of(first).filter(message -> !message.getData().isEmpty());
        this.remaining = length(request, entry.size());
    }

    /** Returns a reader once the entry of the file has come. */
    static FileReader begin(
            GuestConnection connection,
            CreditedCall<GuestReadRequest, ReadResponse> call,
            GuestReadRequest request,
            Deadline deadline) {
        boolean begun = false;
        try {
            call.begin(request, deadline);
            ReadResponse message = call.next(deadline.remaining())
                    .filter(ReadResponse::hasEntry)
                    .orElseThrow(() -> connection.violated("did not send the entry of a file"));
            FileReader reader = new GrpcFileReader(connection, call, message, request.getRead());
            begun = true;
            return reader;
        } finally {
            if (!begun) {
                call.close();
            }
        }
    }

    /** Returns how much the guest may send. Files of size zero, such as those of /proc, are sent up to their end. */
    private static long length(ReadRequest request, long size) {
        long rest = size == 0 ? Long.MAX_VALUE : Math.max(0, size - request.getOffset());
        return request.getLength() == 0 ? rest : Math.min(rest, request.getLength());
    }

    @Override
    public FileEntry entry() {
        return entry;
    }

    @Override
    public Optional<ByteBuffer> next() {
        call.consumed(unconsumed);
        unconsumed = 0;
        Optional<ReadResponse> message = first.or(this::following);
        first = Optional.empty();
        message.ifPresent(this::count);
        return message.map(part -> part.getData().asReadOnlyByteBuffer());
    }

    private Optional<ReadResponse> following() {
        Optional<ReadResponse> message = call.next(CreditedCall.LONGEST_SILENCE);
        message.ifPresent(part -> {
            if (part.hasEntry() || part.getData().isEmpty()) {
                throw connection.violated("sent a part of a file without content, or its entry twice");
            }
        });
        return message;
    }

    private void count(ReadResponse part) {
        int size = part.getData().size();
        if (size > MAX_CHUNK_BYTES) {
            throw connection.violated("sent a part of a file of " + size + " bytes");
        }
        call.received(size);
        unconsumed = size;
        remaining -= size;
        if (remaining < 0) {
            throw connection.violated("sent " + -remaining + " bytes more of a file than it was asked for");
        }
    }

    @Override
    public void close() {
        call.close();
    }
}
