package io.neurovisor.tests.commandline;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.server.config.Config;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import io.neurovisor.tests.runner.ShortTier;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests recorded sessions with real microVMs, among others of a process that is killed during a call. */
@ShortTier
final class SessionIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String KEY = "a-key-that-must-stay-secret";
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @TempDir
    private static Path directory;

    private static Path data = Path.of("");

    /** Creates a data directory with the machines of the default one and without sessions. */
    @BeforeAll
    static void share() {
        data = DataDirectories.ready(directory);
    }

    @Test
    void killedRunIsListedAsResumable() throws Exception {
        String trace;
        try (ScriptedOllama ollama = new ScriptedOllama(calls("bash:echo before the end"), calls("bash:sleep 999"))) {
            trace = killedInItsSecondCall(ollama);
        }
        String id = session(trace).path("id").asText();
        CommandLineRun list = neurovisor("sessions", "list");
        assertThat(list.stdout()).doesNotContain(trace);
        assertThat(list.stdout().lines().filter(line -> line.startsWith(id)).toList())
                .as(list.stdout() + list.stderr())
                .singleElement()
                .satisfies(line -> assertThat(line).contains("interrupted", "qwen3", "Say something"));
        JsonNode run = session(id).path("runs").path(0);
        assertThat(run.path("state").asText()).isEqualTo("INTERRUPTED");
        assertThat(run.at("/messages/1/calls/0/execution/stdout").asText()).isEqualTo("before the end\n");
        assertThat(run.at("/messages/2/calls/0/arguments").asText()).contains("sleep 999");
        assertThat(run.at("/messages/2/calls/0").has("execution")).isFalse();
        assertThat(neurovisor("sessions", "show", id).stdout())
                .contains("[Tool Call] execute_code(bash, \"sleep 999\")")
                .contains("./neurovisor sessions resume " + id);

        try (ScriptedOllama ollama = new ScriptedOllama(calls("bash:echo again"), says("Said."))) {
            CommandLineRun resumed = CommandLineRun.of(
                    environment(ollama), "sessions", "resume", id, "And again", "--quiet", "--size=small");
            assertThat(resumed.exitCode()).as(resumed.stderr()).isZero();
            assertThat(resumed.stdout()).isEqualTo("Said.\n");
            assertThat(ollama.requests().getFirst())
                    .contains("Say something", "before the end", "not executed to its end", "And again");
        }
        assertThat(session(id).path("runs").path(1).path("state").asText()).isEqualTo("ANSWERED");
        assertThat(neurovisor("sessions", "export", id).stdout())
                .contains("Say something", "```bash\necho again\n```", "Said.");
        assertThat(everythingRecorded()).contains("before the end").doesNotContain(KEY);

        String before = neurovisor("sessions", "list").stdout();
        try (ScriptedOllama ollama = new ScriptedOllama(says("It is unknown."))) {
            CommandLineRun unrecorded = CommandLineRun.of(
                    environment(ollama), "agent", "--no-history", "--quiet", "--size=small", "--warm=0", "x");
            assertThat(unrecorded.stdout()).as(unrecorded.stderr()).isEqualTo("It is unknown.\n");
        }
        assertThat(neurovisor("sessions", "list").stdout()).isEqualTo(before);

        assertThat(neurovisor("sessions", "delete", id).stdout()).isEqualTo("deleted " + id + "\n");
        CommandLineRun gone = neurovisor("sessions", "show", id);
        assertThat(gone.exitCode()).isEqualTo(2);
        assertThat(gone.stderr()).startsWith("neurovisor: there is no session ");
    }

    @Test
    void reportsAModelServerThatDiesDuringAReply() throws Exception {
        String id;
        try (ScriptedOllama ollama =
                new ScriptedOllama(calls("bash:echo before the end"), ScriptedOllama.dies("Half of"))) {
            CommandLineRun run = CommandLineRun.of(
                    environment(ollama), "agent", "--json", "--size=small", "--warm=0", "Say something");
            assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isEqualTo(4);
            assertThat(run.stdout()).contains("http://" + ollama.address());
            id = JSON.readTree(run.stdout().lines().findFirst().orElseThrow())
                    .path("trace_id")
                    .asText();
        }
        JsonNode run = session(id).path("runs").path(0);
        assertThat(run.path("state").asText()).isEqualTo("MODEL_FAILED");
        assertThat(run.at("/messages/1/calls/0/execution/stdout").asText()).isEqualTo("before the end\n");

        try (ScriptedOllama ollama = new ScriptedOllama(says("Said."))) {
            CommandLineRun resumed = CommandLineRun.of(
                    environment(ollama), "sessions", "resume", id, "Try again", "--size=small", "--warm=0");
            assertThat(resumed.stdout()).as(resumed.stderr()).contains("Result: Said.\n");
            assertThat(resumed.stderr())
                    .contains("recorded; to continue: ./neurovisor sessions resume "
                            + session(id).path("id").asText() + " TASK\n");
            assertThat(ollama.requests().getFirst()).contains("Say something", "before the end", "Try again");
        }
        assertThat(neurovisor("sessions", "delete", id).exitCode()).isZero();
    }

    @Test
    void runDoesNotLoadTheDatabase() throws IOException {
        Path log = directory.resolve("classes.log");
        CommandLineRun run = CommandLineRun.of(
                Map.of("NEUROVISOR_JAVA_OPTS", "-Xlog:class+load=info:file=" + log),
                "run",
                "--size=small",
                "-l",
                "bash",
                "-c",
                "echo 42");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("42\n");
        assertThat(Files.readString(log))
                .contains("io.neurovisor.cli.run.RunCommand")
                .doesNotContain(" org.sqlite.", " org.jdbi.", " io.neurovisor.session.");
    }

    /** Kills a run during its second call and returns its trace id once its processes have ended. */
    private static String killedInItsSecondCall(ScriptedOllama ollama) throws Exception {
        Process process = CommandLineRun.start(
                environment(ollama), "agent", "--json", "--size=small", "--warm=0", "Say something");
        BufferedReader events =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String id = "";
        int called = 0;
        while (called < 2) {
            String line = events.readLine();
            assertThat(line).as("the run goes on").isNotNull();
            JsonNode event = JSON.readTree(line);
            id = event.path("trace_id").asText(id);
            called += event.path("event").asText().equals("tool_call") ? 1 : 0;
        }
        List<ProcessHandle> descendants = process.descendants().toList();
        process.destroyForcibly().waitFor();
        await().atMost(LIMIT).until(() -> descendants.stream().noneMatch(ProcessHandle::isAlive));
        return id;
    }

    private static Map<String, String> environment(ScriptedOllama ollama) {
        return Map.of(
                "OLLAMA_HOST",
                ollama.address(),
                "NEUROVISOR_API_KEY",
                KEY,
                Config.DATA_DIR.variable(),
                data.toString());
    }

    private static CommandLineRun neurovisor(String... arguments) {
        return CommandLineRun.of(Map.of(Config.DATA_DIR.variable(), data.toString()), arguments);
    }

    private static JsonNode session(String id) throws IOException {
        return JSON.readTree(neurovisor("sessions", "show", "--json", id).stdout());
    }

    private static String everythingRecorded() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.list(data.resolve("sessions"))) {
            for (Path file : files.filter(path -> path.getFileName().toString().startsWith("sessions.db"))
                    .toList()) {
                all.append(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return all.toString();
    }
}
