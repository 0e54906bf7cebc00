package io.neurovisor.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.model.Message;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions of several processes, some of which are killed. */
final class SessionProcessesTest {
    private static final SessionOwner ME = SessionOwner.ofThisProcess();
    private static final int MANY = 1_000_000;

    @TempDir
    private Path directory;

    @Test
    void twoProcessesRecordSimultaneously() throws Exception {
        Process one = RecordingProcess.start(directory, 40, id(1), id(2));
        Process two = RecordingProcess.start(directory, 40, id(3), id(4));
        assertThat(RecordingProcess.await(one, 80)).isEqualTo(80);
        assertThat(RecordingProcess.await(two, 80)).isEqualTo(80);
        assertThat(one.waitFor()).isZero();
        assertThat(two.waitFor()).isZero();
        try (Sessions sessions = open()) {
            assertThat(sessions.list(ME)).hasSize(4).allSatisfy(summary -> {
                assertThat(summary.state()).isEqualTo(RunState.ANSWERED);
                assertThat(executions(sessions, summary.id()))
                        .hasSize(40)
                        .startsWith("1\n")
                        .endsWith("40\n");
            });
        }
    }

    @Test
    void aKilledProcessLosesNothingThatItHasAcknowledged() throws Exception {
        Process process = RecordingProcess.start(directory, MANY, id(1));
        int acknowledged = RecordingProcess.await(process, 25);
        try (Sessions sessions = open()) {
            assertThat(sessions.list(ME))
                    .singleElement()
                    .satisfies(summary -> assertThat(summary.state()).isEqualTo(RunState.RUNNING));
            process.destroyForcibly().waitFor();
            SessionId id = sessions.find(ME, "last");
            RecordedRun run = sessions.session(ME, id).runs().getFirst();
            assertThat(run.state()).isEqualTo(RunState.INTERRUPTED);
            assertThat(executions(sessions, id)).hasSizeGreaterThanOrEqualTo(acknowledged);
            assertThat(acknowledged).isEqualTo(25);
            try (Stream<Path> running = Files.list(directory.resolve("running"))) {
                assertThat(running).isEmpty();
            }

            List<Message> history = SessionHistory.of(sessions.session(ME, id));
            AgentTask task = new AgentTask(id(2), "go on", history);
            try (SessionRecorder recorder = sessions.record(ME, Optional.of(id), task, "talkative")) {
                assertThat(RecordingProcess.run(task, 2, recorder).messages())
                        .startsWith(history.toArray(Message[]::new));
            }
            assertThat(sessions.list(ME)).singleElement().satisfies(summary -> {
                assertThat(summary.runs()).isEqualTo(2);
                assertThat(summary.state()).isEqualTo(RunState.ANSWERED);
            });
        }
    }

    private static List<String> executions(Sessions sessions, SessionId id) {
        return sessions.session(ME, id).runs().getFirst().messages().stream()
                .flatMap(message -> message.calls().stream())
                .flatMap(call -> call.execution().stream())
                .map(execution -> execution.result().stdout().text(100))
                .toList();
    }

    private Sessions open() {
        return Sessions.open(directory, InstantSource.system(), Ticker.SYSTEM);
    }

    private static TraceId id(int number) {
        return new TraceId(new UUID(0x01a2148504be7000L, 0x8000000000000000L + number));
    }
}
