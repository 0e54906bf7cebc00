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
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * One connection to a database, safe for use by many threads; other processes may have theirs. Every failure of SQLite's
 * leaves here as a fault that names the file.
 *
 * <p>The database is alone with its owner's other files in a directory that nobody else can enter; SQLite's library and a
 * lock lie beside it.
 */
public final class Database implements AutoCloseable {
    /** For another process to finish its own transaction, each of which is one small write. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final DatabaseFaults faults;
    private final Handle handle;
    private final ReentrantLock lock = new ReentrantLock();

    private Database(DatabaseFaults faults, Handle handle) {
        this.faults = faults;
        this.handle = handle;
    }

    /**
     * Makes what is not there yet, the directory included.
     *
     * @throws NeuroVisorException with the schema's fault for a database that is damaged, of a newer version or not ours
     */
    public static Database open(Path database, Schema schema) {
        Path file = database.toAbsolutePath().normalize();
        DatabaseFaults faults = new DatabaseFaults(file, schema);
        Path library = PrivateFiles.directory(file.resolveSibling("lib"));
        // Two processes at their first start would both make the tables.
        try (PathLock _ = PathLock.acquire(lockOf(file), () -> {})) {
            SqliteLibrary.load(library, schema);
            makePrivate(file);
            return connected(file, schema, faults);
        } catch (JdbiException failure) {
            throw faults.translate(failure);
        }
    }

    /** Held while the database is opened. Its owner may use it for other files beside the database. */
    public static Path lockOf(Path database) {
        return database.resolveSibling(".lock");
    }

    /** SQLite gives the files that it makes beside it the same permissions. */
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
        config.setBusyTimeout(Math.toIntExact(PATIENCE.toMillis()));
        config.enforceForeignKeys(true);
        // A transaction that reads before it writes would fail where another has written in between.
        config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        // What is acknowledged is on the disk, also when the power fails.
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        SQLiteDataSource source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file);
        Handle handle = Jdbi.create(source).open();
        try {
            // What is deleted is overwritten, and what somebody wrote into the schema runs nothing.
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

    /** In one transaction, which is on the disk when this returns. */
    public <T> T write(Function<Handle, T> change) {
        return read(_ -> handle.inTransaction(change::apply));
    }

    /** In one transaction, which is on the disk when this returns. */
    public void change(Consumer<Handle> change) {
        read(_ -> {
            handle.useTransaction(change::accept);
            return true;
        });
    }

    /** Leaves nothing in the log of what was deleted. */
    public void forgetDeleted() {
        read(_ -> handle.createQuery("PRAGMA wal_checkpoint(TRUNCATE)")
                .mapTo(Integer.class)
                .first());
    }

    /** Gives the room of what was deleted back to the file system. */
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
