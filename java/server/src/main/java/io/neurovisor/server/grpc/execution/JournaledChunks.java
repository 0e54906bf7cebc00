package io.neurovisor.server.grpc.execution;

import com.google.protobuf.Parser;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.server.grpc.guard.PendingResponse;
import io.neurovisor.server.journal.ExecutionJournal;
import io.neurovisor.server.journal.ExecutionKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Reads the stored output of an execution part by part, within the memory limit of one call. */
final class JournaledChunks {
    private static final Parser<ExecuteChunk> CHUNKS = ExecuteChunk.parser();

    /** A part is in memory as bytes and as messages. */
    private static final long COPIES = 2;

    private final ExecutionJournal journal;
    private final ExecutionKey key;
    private final PendingResponse memory;
    private long taken;

    JournaledChunks(ExecutionJournal journal, ExecutionKey key, PendingResponse memory) {
        this.journal = journal;
        this.key = key;
        this.memory = memory;
    }

    /** Returns the bytes to store for a part. */
    static byte[] bytes(List<ExecuteChunk> chunks) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            for (ExecuteChunk chunk : chunks) {
                chunk.writeDelimitedTo(bytes);
            }
        } catch (IOException exception) {
            throw new UncheckedIOException("a byte array cannot be written", exception);
        }
        return bytes.toByteArray();
    }

    /**
     * Reserves the memory for output that is sent as one message.
     *
     * @param partBytes the sizes of its parts
     */
    void takeWhole(List<Integer> partBytes) {
        long whole = partBytes.stream().mapToLong(Integer::longValue).sum();
        long largest = partBytes.stream().mapToLong(Integer::longValue).max().orElse(0);
        taken = COPIES * largest;
        memory.require(Math.min(whole, UnaryOutput.MOST_BYTES) + taken);
    }

    /**
     * Returns the chunks of a part. Reuses the memory of the previous part, which must no longer be in use.
     *
     * @param size of the part
     * @throws io.grpc.StatusRuntimeException {@code RESOURCE_EXHAUSTED} if there is no memory for it
     */
    List<ExecuteChunk> read(int number, int size) {
        long needed = COPIES * size;
        if (needed > taken) {
            memory.require(needed - taken);
            taken = needed;
        }
        ByteArrayInputStream bytes = new ByteArrayInputStream(journal.part(key, number));
        List<ExecuteChunk> chunks = new ArrayList<>();
        try {
            while (bytes.available() > 0) {
                chunks.add(CHUNKS.parseDelimitedFrom(bytes));
            }
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.JOURNAL_UNUSABLE, "stored output cannot be read", exception);
        }
        return chunks;
    }
}
