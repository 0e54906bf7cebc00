package io.neurovisor.cli.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentStats;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.Excerpt;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import io.neurovisor.cli.Main;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.session.SessionOwner;
import io.neurovisor.session.SessionRecorder;
import io.neurovisor.session.Sessions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SessionsCommandTest {
    private static final SessionOwner USER = SessionOwner.ofThisProcess();
    private static final String OLD_TRACE = "01a21485-04be-7649-96a2-562c68d6275f";
    private static final String NEW_TRACE = "01a2ffff-04be-7649-96a2-562c68d6275f";
    private static final String CODE = "{\"language\": \"bash\", \"code\": \"echo 42\"}";
    private static final ToolCall CALL = new ToolCall("a", "execute_code", CODE);

    @TempDir
    private Path data;

    private String old = "";
    private String fresh = "";
    private Instant now = Instant.parse("2020-01-01T10:00:00Z");

    @Test
    void listWithoutSessionsCreatesNoFiles() {
        assertThat(run("sessions", "list").out()).isEqualTo("SESSION  OWNER  USED  STATE  RUNS  MODEL  TASK\n");
        assertThat(run("sessions", "list", "--json").out()).isEqualTo("[ ]\n");
        Run show = run("sessions", "show", "last");
        assertThat(show.exitCode()).isEqualTo(2);
        assertThat(show.err()).startsWith("neurovisor: there is no session in " + data);
        assertThat(run("sessions", "resume", "last", "go on").exitCode()).isEqualTo(2);
        assertThat(data).isEmptyDirectory();
    }

    @Test
    void showsSessionsAsTheyWerePrinted() throws IOException {
        record();
        assertThat(run("sessions", "list").out())
                .isEqualTo("""
                SESSION                               OWNER%1$s  USED                  STATE        RUNS  MODEL  TASK
                %2$s  %4$s  2020-01-31T10:00:00Z  interrupted  1     qwen3  a  [2J b
                %3$s  %4$s  2020-01-01T10:00:00Z  answered     1     qwen3  say 42
                """.formatted(" ".repeat(USER.label().length() - "OWNER".length()), fresh, old, USER));
        assertThat(run("sessions", "show", "01a214").out()).isEqualTo("""
                Session %s

                Task: "say 42"
                trace_id: %s

                [Iteration 1] Calling qwen3...
                [Tool Call] execute_code(bash, "echo 42")
                [Execution] exit_code=0, duration=12ms
                [Iteration 2] Calling qwen3...

                Result: It is 42.

                Stats:
                  - Iterations: 2
                  - Tool calls: 1
                  - Total duration: 3.2s
                """.formatted(old, OLD_TRACE));
        assertThat(run("sessions", "show", "last").out())
                .contains("./neurovisor sessions resume " + fresh + " TASK")
                .doesNotContain("\u001b");
        assertThat(run("sessions", "export", old).out())
                .contains(
                        "## Task\n\nsay 42\n", "```bash\necho 42\n```", "## Model\n\nIt is 42.\n", "ANSWERED after 2");
        assertThat(run("sessions", "export", fresh).out())
                .contains("a \n[2J b")
                .endsWith("./neurovisor sessions resume " + fresh + " TASK\n")
                .doesNotContain("\u001b");
        JsonNode json = new ObjectMapper()
                .readTree(run("sessions", "export", "--json", old).out());
        assertThat(json)
                .isEqualTo(new ObjectMapper()
                        .readTree(run("sessions", "show", "--json", old).out()));
        assertThat(json.at("/runs/0/messages/1/calls/0/execution/stdout").asText())
                .isEqualTo("42\n");
        assertThat(json.at("/runs/0/answer").asText()).isEqualTo("It is 42.");
    }

    @Test
    void rejectsChangesToARunningSession() {
        try (Sessions sessions = Sessions.open(data.resolve("sessions"), () -> now, Ticker.SYSTEM);
                SessionRecorder recorder =
                        sessions.record(USER, Optional.empty(), new AgentTask(id(OLD_TRACE), "say 42"), "qwen3")) {
            old = recorder.session().toString();
            Run resume = run("sessions", "resume", "last", "more");
            assertThat(resume.exitCode()).isEqualTo(2);
            assertThat(resume.out()).isEmpty();
            assertThat(resume.err()).startsWith("neurovisor: session " + old + " is running");
            assertThat(run("sessions", "delete", "last").err())
                    .startsWith("neurovisor: session " + old + " is running");
            assertThat(run("sessions", "show", "last").out()).endsWith("\nStill running.\n");
        }
    }

    @Test
    void aClientsSessionIsShownToTheOperatorButNotContinued() {
        try (Sessions sessions = Sessions.open(data.resolve("sessions"), () -> now, Ticker.SYSTEM);
                SessionRecorder recorder = sessions.record(
                        SessionOwner.LOOPBACK, Optional.empty(), new AgentTask(id(OLD_TRACE), "obey me"), "qwen3")) {
            old = recorder.session().toString();
        }
        assertThat(run("sessions", "list").out()).contains(old + "  loopback  ");
        assertThat(run("sessions", "show", old).out()).contains("obey me");
        Run resume = run("sessions", "resume", old, "more");
        assertThat(resume.exitCode()).isEqualTo(2);
        assertThat(resume.err()).startsWith("neurovisor: no session " + old + " belongs to " + USER + ";");
        for (String command : List.of("show", "export", "delete")) {
            assertThat(run("sessions", command, "last").err()).startsWith("neurovisor: there is no session \"last\"");
        }
        assertThat(run("sessions", "resume", "last", "more").exitCode()).isEqualTo(2);
        assertThat(run("sessions", "delete", old).out()).isEqualTo("deleted " + old + "\n");
    }

    @Test
    void rejectsAmbiguousIds() {
        record();
        Run ambiguous = run("sessions", "delete", old, "01a2");
        assertThat(ambiguous.exitCode()).isEqualTo(2);
        assertThat(ambiguous.err()).contains("several sessions begin with \"01a2\"");
        assertThat(run("sessions", "delete", old, "unknown").exitCode()).isEqualTo(2);
        assertThat(run("sessions", "list").out()).contains(old, fresh);
        assertThat(run("sessions", "delete", "last", fresh).out()).isEqualTo("deleted " + fresh + "\n");
        assertThat(run("sessions", "delete", "all").out()).isEqualTo("deleted " + old + "\n");
        assertThat(run("sessions", "list", "--json").out()).isEqualTo("[ ]\n");
    }

    @Test
    void namesADamagedDatabase() throws IOException {
        record();
        Path database = Files.writeString(data.resolve("sessions/sessions.db"), "no database at all".repeat(500));
        for (List<String> command : List.of(
                List.of("sessions", "list"),
                List.of("sessions", "show", "last"),
                List.of("sessions", "resume", "last", "go on"),
                List.of("sessions", "delete", "all"))) {
            Run run = run(command.toArray(String[]::new));
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.err())
                    .startsWith("neurovisor: " + database + " is damaged (")
                    .hasLineCount(1);
        }
    }

    private void record() {
        try (Sessions sessions = Sessions.open(data.resolve("sessions"), () -> now, Ticker.SYSTEM)) {
            try (SessionRecorder recorder =
                    sessions.record(USER, Optional.empty(), new AgentTask(id(OLD_TRACE), "say 42"), "qwen3")) {
                old = recorder.session().toString();
                recorder.said(new Message.User("say 42"));
                recorder.said(new Message.Assistant("", List.of(CALL)));
                recorder.executed(
                        CALL,
                        new CodeRequest(id(OLD_TRACE), Language.named("bash"), "echo 42"),
                        new CodeResult(
                                Outcome.COMPLETED,
                                0,
                                Duration.ofMillis(12),
                                Excerpt.of("42\n"),
                                Excerpt.EMPTY,
                                Optional.empty(),
                                ""));
                recorder.said(new Message.ToolResult(CALL, "exit_code: 0"));
                recorder.said(new Message.Assistant("It is 42.", List.of()));
                AgentStats stats = new AgentStats(2, 1, Usage.NONE, Optional.empty(), Duration.ofMillis(3200));
                recorder.ended(new AgentResult(AgentEnd.ANSWERED, "It is 42.", "", stats, List.of()));
            }
            now = now.plus(Duration.ofDays(30));
            try (SessionRecorder recorder =
                    sessions.record(USER, Optional.empty(), new AgentTask(id(NEW_TRACE), "a \n\u001b[2J b"), "qwen3")) {
                fresh = recorder.session().toString();
                recorder.said(new Message.User("a \n\u001b[2J b"));
            }
        }
    }

    private static TraceId id(String text) {
        return new TraceId(UUID.fromString(text));
    }

    private ProcessEnvironment environment() {
        return new ProcessEnvironment(Map.of("NEUROVISOR_DATA_DIR", data.toString()), data);
    }

    private record Run(int exitCode, String out, String err) {}

    private Run run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Main.commandLine(environment())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
        return new Run(exitCode, out.toString(), err.toString());
    }
}
