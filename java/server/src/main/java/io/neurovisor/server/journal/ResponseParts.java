package io.neurovisor.server.journal;

import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The parts of stored output, which are read one at a time and removed with their execution. */
final class ResponseParts {
    private ResponseParts() {}

    static void add(Handle handle, ExecutionKey key, int number, byte[] bytes) {
        handle.createUpdate("""
                        INSERT INTO answer_part (tenant, key, number, bytes) VALUES (:tenant, :key, :number, :bytes)
                        """)
                .bind("tenant", key.tenant())
                .bind("key", key.value())
                .bind("number", number)
                .bind("bytes", bytes)
                .execute();
        handle.createUpdate("""
                        UPDATE execution SET answer_bytes = answer_bytes + :more WHERE tenant = :tenant AND key = :key
                        """)
                .bind("more", bytes.length)
                .bind("tenant", key.tenant())
                .bind("key", key.value())
                .execute();
    }

    /** Returns the sizes of all parts in order. */
    static List<Integer> sizes(Handle handle, ExecutionKey key) {
        return handle.createQuery("""
                        SELECT length(bytes) FROM answer_part WHERE tenant = :tenant AND key = :key ORDER BY number
                        """)
                .bind("tenant", key.tenant())
                .bind("key", key.value())
                .mapTo(Integer.class)
                .list();
    }

    /** Returns a part; empty if its execution has been removed. */
    static Optional<byte[]> find(Handle handle, ExecutionKey key, int number) {
        return handle.createQuery("""
                        SELECT bytes FROM answer_part WHERE tenant = :tenant AND key = :key AND number = :number
                        """)
                .bind("tenant", key.tenant())
                .bind("key", key.value())
                .bind("number", number)
                .map((row, _) -> row.getBytes("bytes"))
                .findOne();
    }
}
