package io.neurovisor.host.guestlink;

import io.grpc.Status;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.proto.sandbox.ReadRequest;
import io.neurovisor.proto.sandbox.ReadResponse;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A file of a guest that is being read. */
final class GrpcFileReader implements FileReader {
    private final GuestStream<?, ReadResponse> stream;
    private final FileEntry entry;
    private Optional<ReadResponse> first;
    private volatile boolean closed;

    /**
     * @param stream from its second message on
     * @param first has the entry
     */
    GrpcFileReader(GuestStream<?, ReadResponse> stream, FileEntry entry, ReadResponse first) {
        this.stream = stream;
        this.entry = entry;
        this.first = Optional.of(first).filter(message -> !message.getData().isEmpty());
    }

    @Override
    public FileEntry entry() {
        return entry;
    }

    @Override
    public Optional<ByteBuffer> next() {
        Optional<ReadResponse> part = first.or(stream::next);
        first = Optional.empty();
        if (part.isEmpty() && closed) {
            throw new NeuroVisorException(Fault.INTERRUPTED, "the reading of a file was ended");
        }
        return part.map(message -> message.getData().asReadOnlyByteBuffer());
    }

    @Override
    public void close() {
        closed = true;
        stream.close();
    }

    /** What a guest may send as the content of a file: first its entry, then no more than was requested. Not thread-safe. */
    static final class Rules implements StreamRules<ReadResponse> {
        private static final int WINDOW_BYTES = 256 << 10;
        private static final int MAX_PART_BYTES = 64 << 10;

        private final ReadRequest request;
        private boolean begun;
        private long remaining;

        Rules(ReadRequest request) {
            this.request = request;
        }

        @Override
        public int check(ReadResponse message) {
            int bytes = message.getData().size();
            if (!begun) {
                require(message.hasEntry(), "did not send the entry of a file");
                remaining = length(message.getEntry().getSize());
            } else {
                require(!message.hasEntry() && bytes > 0, "sent a part of a file without content, or its entry twice");
            }
            begun = true;
            require(bytes <= MAX_PART_BYTES, "sent a part of a file of " + bytes + " bytes");
            remaining -= bytes;
            require(remaining >= 0, "sent " + -remaining + " bytes more of a file than it was asked for");
            return bytes;
        }

        @Override
        public int uncountedBytes(ReadResponse message) {
            return message.getEntry().getSerializedSize();
        }

        /** Returns how much the guest may send. Files of size zero, such as those of /proc, are sent up to their end. */
        private long length(long size) {
            long rest = size == 0 ? Long.MAX_VALUE : Math.max(0, size - request.getOffset());
            return request.getLength() == 0 ? rest : Math.min(rest, request.getLength());
        }

        private static void require(boolean condition, String violation) {
            if (!condition) {
                throw new NeuroVisorException(Fault.SANDBOX_LOST, violation);
            }
        }

        @Override
        public Optional<ReadResponse> merged(ReadResponse first, ReadResponse second) {
            return Optional.empty();
        }

        @Override
        public boolean isComplete() {
            return false;
        }

        /** A file may have become shorter. */
        @Override
        public boolean mayEnd() {
            return begun;
        }

        @Override
        public int windowBytes() {
            return WINDOW_BYTES;
        }

        @Override
        public NeuroVisorException failure(Status status, Exception cause, boolean afterMessages) {
            return GuestFileStatus.failure(status, cause);
        }
    }
}
