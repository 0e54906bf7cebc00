package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Parser;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.server.journal.ExecutionJournal;
import io.neurovisor.server.journal.ExecutionKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Reads the answer of an execution from the journal, a part at a time, for one call and within the memory that it may have. */
final class KeptChunks {
    private static final Parser<ExecuteChunk> CHUNKS = ExecuteChunk.parser();

    /** A part is in memory as bytes and as messages. */
    private static final long COPIES = 2;

    private final ExecutionJournal journal;
    private final ExecutionKey key;
    private final Answer memory;
    private long taken;

    KeptChunks(ExecutionJournal journal, ExecutionKey key, Answer memory) {
        this.journal = requireNonNull(journal, "journal is null");
        this.key = requireNonNull(key, "key is null");
        this.memory = requireNonNull(memory, "memory is null");
    }

    /** What is to be written of a part. */
    static byte[] bytes(List<ExecuteChunk> chunks) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            for (ExecuteChunk chunk : chunks) {
                chunk.writeDelimitedTo(bytes);
            }
        } catch (IOException exception) {
            throw new UncheckedIOException("memory cannot be written", exception);
        }
        return bytes.toByteArray();
    }

    /**
     * Takes the memory for all of an answer that is to be sent as one message.
     *
     * @param partBytes the sizes of its parts
     */
    void takeWhole(List<Integer> partBytes) {
        long whole = partBytes.stream().mapToLong(Integer::longValue).sum();
        long largest = partBytes.stream().mapToLong(Integer::longValue).max().orElse(0);
        taken = COPIES * largest;
        memory.require(Math.min(whole, WholeAnswer.MOST_BYTES) + taken);
    }

    /**
     * Returns the chunks of a part. The part before must not be needed any more, for its memory is used again.
     *
     * @param size of the part
     * @throws io.grpc.StatusRuntimeException {@code RESOURCE_EXHAUSTED} where there is no room for it
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
            throw new NeuroVisorException(Fault.JOURNAL_UNUSABLE, "an answer that was kept cannot be read", exception);
        }
        return chunks;
    }
}
