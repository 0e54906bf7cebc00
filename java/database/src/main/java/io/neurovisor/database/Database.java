package io.neurovisor.database;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * A connection to a database. Thread-safe; other processes may have their own connections. Changes that arrive while others are
 * being committed share the next transaction. Every failure of SQLite is thrown as a fault that names the file.
 *
 * <p>The database is in a directory that only its owner can access, next to SQLite's library and a lock file.
 */
public final class Database implements AutoCloseable {
    /** The time to wait for transactions of other processes, each of which is one small write. */
    private static final Duration BUSY_TIMEOUT = Duration.ofSeconds(10);

    private static final String SAVEPOINT = "change";

    private final DatabaseFaults faults;
    private final Handle handle;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Change<?>> waiting = new ConcurrentLinkedQueue<>();

    /** A change that has not been committed. */
    private record Change<T>(Function<Handle, T> change, CompletableFuture<T> committed) {
        /** Makes the change, or none of it, and returns what completes it once the transaction has been committed. */
        Runnable make(Handle handle) {
            handle.savepoint(SAVEPOINT);
            try {
                T result = change.apply(handle);
                handle.releaseSavepoint(SAVEPOINT);
                return () -> committed.complete(result);
            } catch (RuntimeException failure) {
                handle.rollbackToSavepoint(SAVEPOINT);
                return () -> committed.completeExceptionally(failure);
            }
        }
    }

    private Database(DatabaseFaults faults, Handle handle) {
        this.faults = faults;
        this.handle = handle;
    }

    /**
     * Opens a database and creates it, with its directory, if it is missing.
     *
     * @throws NeuroVisorException with the schema's fault if the database is damaged, of a newer version or not ours
     */
    public static Database open(Path database, Schema schema) {
        Path file = database.toAbsolutePath().normalize();
        DatabaseFaults faults = new DatabaseFaults(file, schema);
        Path library = PrivateFiles.directory(file.resolveSibling("lib"));
        // Without the lock, two processes could create the tables simultaneously.
        try (PathLock _ = PathLock.acquire(lockOf(file), () -> {})) {
            SqliteLibrary.load(library, schema);
            makePrivate(file);
            return connected(file, schema, faults);
        } catch (JdbiException failure) {
            throw faults.translate(failure);
        }
    }

    /**
     * Returns the lock that is held while the database is opened. Its owner may use it for further files in the
     * directory.
     */
    public static Path lockOf(Path database) {
        return database.resolveSibling(".lock");
    }

    /** SQLite creates its other files with the same permissions. */
    private static void makePrivate(Path file) {
        try {
            try {
                Files.createFile(file, PrivateFiles.ownerOnly());
            } catch (FileAlreadyExistsException exists) {
                Files.setPosixFilePermissions(file, PrivateFiles.ownerOnly().value());
            }
        } catch (IOException exception) {
            throw StorageFaults.of("make private", file, exception);
        }
    }

    private static Database connected(Path file, Schema schema, DatabaseFaults faults) {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(Math.toIntExact(BUSY_TIMEOUT.toMillis()));
        config.enforceForeignKeys(true);
        // A transaction that reads before it writes would fail if another connection has written in between.
        config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        // Committed data survives a power failure.
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        SQLiteDataSource source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file);
        Handle handle = Jdbi.create(source).open();
        try {
            // Overwrites deleted content, and runs nothing that the schema of a foreign file may contain.
            handle.execute("PRAGMA secure_delete = ON");
            handle.execute("PRAGMA trusted_schema = OFF");
            new Migrations(file, schema).run(handle);
            return new Database(faults, handle);
        } catch (RuntimeException failure) {
            handle.close();
            throw failure;
        }
    }

    public <T> T read(Function<Handle, T> query) {
        lock.lock();
        try {
            return query.apply(handle);
        } catch (JdbiException failure) {
            throw faults.translate(failure);
        } finally {
            lock.unlock();
        }
    }

    /** Makes a change completely or not at all; it is on disk when this returns. */
    public <T> T write(Function<Handle, T> change) {
        Change<T> added = new Change<>(change, new CompletableFuture<>());
        waiting.add(added);
        lock.lock();
        try {
            if (!added.committed().isDone()) {
                commitWaiting();
            }
            return added.committed().join();
        } catch (CompletionException exception) {
            throw exception.getCause() instanceof JdbiException failure
                    ? faults.translate(failure)
                    : exception.getCause() instanceof RuntimeException failure ? failure : exception;
        } finally {
            lock.unlock();
        }
    }

    /** Makes a change completely or not at all; it is on disk when this returns. */
    public void change(Consumer<Handle> change) {
        boolean _ = write(handle -> {
            change.accept(handle);
            return true;
        });
    }

    private void commitWaiting() {
        List<Change<?>> changes = new ArrayList<>();
        for (Change<?> change = waiting.poll(); change != null; change = waiting.poll()) {
            changes.add(change);
        }
        List<Runnable> completions = new ArrayList<>();
        try {
            handle.useTransaction(_ -> changes.forEach(change -> completions.add(change.make(handle))));
            completions.forEach(Runnable::run);
        } catch (RuntimeException | Error failure) {
            changes.forEach(change -> change.committed().completeExceptionally(failure));
        }
    }

    /** Removes deleted content from the write-ahead log. */
    public void forgetDeleted() {
        read(_ -> handle.createQuery("PRAGMA wal_checkpoint(TRUNCATE)")
                .mapTo(Integer.class)
                .first());
    }

    /** Returns the space of deleted content to the file system. */
    public void shrink() {
        read(_ -> handle.execute("VACUUM"));
        forgetDeleted();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            handle.close();
        } catch (JdbiException failure) {
            throw faults.translate(failure);
        } finally {
            lock.unlock();
        }
    }
}
