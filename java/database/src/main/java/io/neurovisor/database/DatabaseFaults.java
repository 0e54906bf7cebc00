package io.neurovisor.database;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteException;

/** Creates the faults of a database: what is wrong in one line, and the next step. */
public record DatabaseFaults(Path file, Schema schema) {
    NeuroVisorException translate(JdbiException failure) {
        Optional<SQLiteException> cause = Stream.<Throwable>iterate(failure, link -> link != null, Throwable::getCause)
                .filter(SQLiteException.class::isInstance)
                .map(SQLiteException.class::cast)
                .findFirst();
        if (cause.isEmpty()) {
            return damaged(String.valueOf(failure.getMessage()), failure);
        }
        return switch (cause.get().getResultCode()) {
            case SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT, SQLITE_BUSY_TIMEOUT, SQLITE_LOCKED ->
                of(Fault.STORAGE_FAILED, "is held by another process; end that and try again", failure);
            case SQLITE_FULL ->
                of(
                        Fault.STORAGE_FAILED,
                        "cannot grow: the disk is full; free some space or set another --data-dir",
                        failure);
            case SQLITE_READONLY, SQLITE_READONLY_DBMOVED, SQLITE_READONLY_DIRECTORY, SQLITE_CANTOPEN, SQLITE_PERM ->
                of(
                        Fault.STORAGE_FAILED,
                        "cannot be written by user " + System.getProperty("user.name") + "; correct its permissions"
                                + schema.alternative(),
                        failure);
            case SQLITE_IOERR -> of(Fault.STORAGE_FAILED, "cannot be read or written: " + reason(cause.get()), failure);
            default -> damaged(reason(cause.get()), failure);
        };
    }

    /** Returns the fault for content that no version can have written. */
    public NeuroVisorException damaged(String reason, @Nullable Exception failure) {
        return of(
                schema.unusable(),
                "is damaged (" + reason + "); move it away, and a new one is created" + schema.alternative(),
                failure);
    }

    private NeuroVisorException of(Fault fault, String problem, @Nullable Exception failure) {
        return new NeuroVisorException(fault, file + " " + problem, failure);
    }

    private static String reason(SQLiteException failure) {
        return String.valueOf(failure.getMessage()).replaceAll("\\R", " ");
    }
}
