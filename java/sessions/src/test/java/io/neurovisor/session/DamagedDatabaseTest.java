package io.neurovisor.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.model.Message;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Databases that were damaged or made by another program. */
final class DamagedDatabaseTest {
    private static final SessionOwner ME = SessionOwner.ofThisProcess();

    @TempDir
    private Path directory;

    private Path database;

    @BeforeEach
    void fill() {
        database = directory.resolve("sessions.db");
        try (Sessions sessions = open()) {
            AgentTask task = new AgentTask(new TraceId(new UUID(0x01a2148504be7000L, 1)), "a task");
            try (SessionRecorder recorder = sessions.record(ME, Optional.empty(), task, "m")) {
                recorder.said(new Message.User("a task".repeat(2000)));
            }
        }
    }

    @Test
    void rejectsANewerVersionWithoutChangingIt() throws IOException {
        sql("PRAGMA user_version = 99");
        byte[] before = Files.readAllBytes(database);
        isRefused(
                database + " has version 99, but this NeuroVisor supports versions up to 4: a newer NeuroVisor has used"
                        + " it; use that one, or another --data-dir, or keep no history with --no-history");
        assertThat(Files.readAllBytes(database)).isEqualTo(before);
    }

    @Test
    void rejectsAForeignDatabase() throws IOException {
        sql("PRAGMA application_id = 7");
        isRefused(database + " is a database, but not of NeuroVisor's");
        Files.delete(database);
        sql("CREATE TABLE recipes (name TEXT)");
        isRefused(database + " is a database, but not of NeuroVisor's");
    }

    @Test
    void rejectsAFileThatIsNotADatabase() throws IOException {
        byte[] noise = new byte[5000];
        new Random(7).nextBytes(noise);
        Files.write(database, noise);
        isRefused(database + " is damaged (");
    }

    @Test
    void rejectsATruncatedFile() throws IOException {
        byte[] whole = Files.readAllBytes(database);
        Files.write(database, Arrays.copyOf(whole, whole.length / 3));
        isRefused(database + " is damaged (");
    }

    @Test
    void aChangedByteLeadsToItsContentOrAFault() throws IOException {
        byte[] whole = Files.readAllBytes(database);
        Random random = new Random(11);
        for (int round = 0; round < 60; round++) {
            byte[] changed = whole.clone();
            for (int change = 0; change < 20; change++) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            }
            Files.write(database, changed);
            try {
                readAll();
            } catch (NeuroVisorException exception) {
                // An index that has lost a row hides the session.
                assertThat(String.valueOf(exception.getMessage()))
                        .satisfiesAnyOf(
                                message -> assertThat(message).contains(database.toString()),
                                message -> assertThat(message).startsWith("there is no session "));
            }
        }
    }

    @Test
    void rejectsInvalidRows() {
        sql("UPDATE run SET ending = 'FROBNICATED'");
        isRefused(database + " is damaged (\"FROBNICATED\" is not a valid AgentEnd)");
        sql("UPDATE run SET ending = NULL, trace_id = 'x'");
        isRefused(database + " is damaged (\"x\" is not an id)");
        sql("UPDATE run SET ending = 'ANSWERED', trace_id = '01a21485-04be-7000-0000-000000000001'");
        isRefused(database + " is damaged (a row has no answer)");
        sql("UPDATE session SET owner = 'everybody'");
        isRefused(database + " is damaged (\"everybody\" is not an owner)");
    }

    private void isRefused(String message) {
        assertThatThrownBy(this::readAll)
                .hasMessageStartingWith(message)
                .satisfies(failure ->
                        assertThat(((NeuroVisorException) failure).fault()).isEqualTo(Fault.HISTORY_UNUSABLE));
    }

    private void readAll() {
        try (Sessions sessions = open()) {
            sessions.list(ME).forEach(summary -> sessions.session(ME, summary.id()));
        }
    }

    private void sql(String statement) {
        Jdbi.create("jdbc:sqlite:" + database).useHandle(handle -> handle.execute(statement));
    }

    private Sessions open() {
        return Sessions.open(directory, InstantSource.system(), Ticker.SYSTEM);
    }
}
