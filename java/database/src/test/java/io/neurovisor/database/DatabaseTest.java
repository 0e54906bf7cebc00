package io.neurovisor.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteCommitListener;
import org.sqlite.SQLiteConnection;

final class DatabaseTest {
    private static final String FIRST = "CREATE TABLE fruit (name TEXT NOT NULL) STRICT";
    private static final String SECOND = "ALTER TABLE fruit ADD COLUMN colour TEXT NOT NULL DEFAULT 'green'";

    @TempDir
    private Path parent;

    @Test
    void filesAreReadableByTheOwnerOnly() throws IOException {
        try (Database database = open(FIRST);
                Stream<Path> files = Files.walk(parent.resolve("fruits"))) {
            insert(database, "pear");
            assertThat(files)
                    .contains(file(), parent.resolve("fruits/fruits.db-wal"))
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------"));
        }
    }

    @Test
    void migratesFromEachVersionToTheNext() {
        try (Database database = open(FIRST)) {
            insert(database, "pear");
        }
        try (Database database = open(FIRST, SECOND)) {
            assertThat(texts(database, "SELECT name || ' ' || colour FROM fruit"))
                    .containsExactly("pear green");
        }
        assertThatThrownBy(() -> open(FIRST).close())
                .hasMessage(
                        file() + " has version 2, but this NeuroVisor supports versions up to 1: a newer NeuroVisor has"
                                + " used it; use that one, or another --data-dir")
                .satisfies(failure ->
                        assertThat(((NeuroVisorException) failure).fault()).isEqualTo(Fault.INTERNAL));
    }

    @Test
    void aFailedMigrationLeavesThePreviousVersion() {
        try (Database database = open(FIRST)) {
            insert(database, "pear");
        }
        assertThatThrownBy(() -> open(List.of(List.of(FIRST), List.of(SECOND, "nonsense")))
                        .close())
                .hasMessageStartingWith(file() + " is damaged (");
        try (Database database = open(FIRST)) {
            assertThat(texts(database, "SELECT name FROM fruit")).containsExactly("pear");
        }
    }

    @Test
    void rollsBackAFailedChange() {
        try (Database database = open(FIRST)) {
            assertThatThrownBy(() -> database.change(handle -> {
                        handle.execute("INSERT INTO fruit VALUES ('pear')");
                        handle.execute("INSERT INTO fruit VALUES (NULL)");
                    }))
                    .isInstanceOf(NeuroVisorException.class)
                    .hasMessageStartingWith(file().toString());
            assertThat(texts(database, "SELECT name FROM fruit")).isEmpty();
        }
    }

    /** The first change is being made while nine others arrive; one of them fails. */
    @Test
    void concurrentChangesShareACommit() throws Exception {
        AtomicInteger commits = new AtomicInteger();
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        try (Database database = open(FIRST)) {
            Thread first = Thread.ofPlatform()
                    .start(() -> database.change(handle -> {
                        countCommits(handle, commits);
                        arrived.countDown();
                        awaitQuietly(gate);
                        handle.execute("INSERT INTO fruit VALUES ('pear')");
                    }));
            arrived.await();
            AtomicInteger failures = new AtomicInteger();
            List<Thread> others = IntStream.range(0, 9)
                    .mapToObj(number -> Thread.ofPlatform().start(() -> {
                        try {
                            database.change(handle -> {
                                handle.execute("INSERT INTO fruit VALUES (?)", "fig " + number);
                                handle.execute("INSERT INTO fruit VALUES (?)", number == 4 ? null : "plum");
                            });
                        } catch (NeuroVisorException failure) {
                            failures.incrementAndGet();
                        }
                    }))
                    .toList();
            for (Thread other : others) {
                while (!waitsForItsTurn(other)) {
                    Thread.onSpinWait();
                }
            }
            gate.countDown();
            first.join();
            for (Thread other : others) {
                other.join();
            }
            // For each transaction the driver commits twice: the changes, and then an empty one.
            assertThat(commits).hasValue(2 * 2);
            assertThat(failures).hasValue(1);
            assertThat(texts(database, "SELECT name FROM fruit"))
                    .hasSize(17)
                    .contains("pear", "fig 3", "fig 5")
                    .doesNotContain("fig 4");
        }
    }

    private static void countCommits(Handle handle, AtomicInteger commits) {
        try {
            handle.getConnection().unwrap(SQLiteConnection.class).addCommitListener(new SQLiteCommitListener() {
                @Override
                public void onCommit() {
                    commits.incrementAndGet();
                }

                @Override
                public void onRollback() {}
            });
        } catch (SQLException exception) {
            throw new IllegalStateException(exception);
        }
    }

    private static boolean waitsForItsTurn(Thread thread) {
        return Stream.of(thread.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().equals(Database.class.getName()))
                && thread.getState() == Thread.State.WAITING;
    }

    private static void awaitQuietly(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void deletedContentIsInNoFile() throws IOException {
        String secret = "deleted-later";
        try (Database database = open(FIRST)) {
            insert(database, secret);
            database.change(handle -> handle.execute("DELETE FROM fruit"));
            database.forgetDeleted();
            try (Stream<Path> files = Files.list(parent.resolve("fruits"))) {
                assertThat(files.filter(Files::isRegularFile))
                        .isNotEmpty()
                        .allSatisfy(file -> assertThat(new String(
                                        Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1))
                                .doesNotContain(secret));
            }
        }
    }

    private Path file() {
        return parent.resolve("fruits/fruits.db");
    }

    private Database open(String... versions) {
        return open(Stream.of(versions).map(List::of).toList());
    }

    private Database open(List<List<String>> versions) {
        return Database.open(file(), new Schema("fruits", 0x46727574, Fault.INTERNAL, Optional.empty(), versions));
    }

    private static void insert(Database database, String name) {
        database.change(handle -> handle.execute("INSERT INTO fruit (name) VALUES (?)", name));
    }

    private static List<String> texts(Database database, String query) {
        return database.read(
                handle -> handle.createQuery(query).mapTo(String.class).list());
    }
}
