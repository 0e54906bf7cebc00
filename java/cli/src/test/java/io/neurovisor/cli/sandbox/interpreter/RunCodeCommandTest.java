package io.neurovisor.cli.sandbox.interpreter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.cli.CommandRun;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.ContextState;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.Pause;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.grpc.sandbox.InterpreterGrpcService;
import io.neurovisor.server.grpc.sandbox.RunningSandboxes;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.testkit.FakeFiles;
import io.neurovisor.testkit.FakeProcesses;
import io.neurovisor.testkit.interpreter.FakeInterpreter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the commands by the real service on a Unix socket, with the interpreter of a fake guest. */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // Set before each test.
final class RunCodeCommandTest {
    private static final String ID = "abcd" + "e".repeat(16);

    @TempDir
    private Path directory;

    private final FakeInterpreter interpreter = new FakeInterpreter(() -> {});
    private GrpcPorts ports;

    @BeforeEach
    void serve() {
        ports = new GrpcPorts(
                List.of(new InterpreterGrpcService(
                        _ -> new RunningSandboxes.Guest(new FakeProcesses(() -> {}), new FakeFiles(), interpreter))),
                List.of(new TraceInterceptor(new Random(1), Tracing.OFF)),
                Duration.ofMinutes(1));
        ports.listen(directory.resolve("s"));
        ports.serve();
    }

    @AfterEach
    void close() {
        ports.close();
    }

    private CommandRun run(String command, String... arguments) {
        return withInput("", command, arguments);
    }

    private CommandRun withInput(String input, String command, String... arguments) {
        List<String> all = new ArrayList<>(List.of("sandbox"));
        all.addAll(List.of(command.split(" ")));
        all.addAll(List.of("--socket", directory.resolve("s").toString()));
        all.addAll(List.of(arguments));
        return CommandRun.of(
                Map.of(),
                input,
                (_, _, _) -> {
                    throw new AssertionError("a machine is asked for");
                },
                all.toArray(String[]::new));
    }

    private CommandRun cell(String code, String... arguments) {
        List<String> all = new ArrayList<>(List.of(ID, "-c", code));
        all.addAll(List.of(arguments));
        return run("run-code", all.toArray(String[]::new));
    }

    @Test
    void cellsShareTheInterpreterOfTheirLanguage() {
        assertThat(cell("n = 41").exitCode()).isZero();
        CommandRun result = cell("print('text')\nn + 1");
        assertThat(result.exitCode()).as(result.stderr()).isZero();
        assertThat(result.stdout()).isEqualTo("text\n42\n");
        assertThat(cell("n", "-l", "bash").exitCode()).isEqualTo(1);
    }

    @Test
    void readsCodeFromAFileAndFromStandardInput() throws IOException {
        Path file = Files.writeString(directory.resolve("cell.sh"), "n = 1");
        assertThat(run("run-code", ID, file.toString()).exitCode()).isZero();
        CommandRun bash = withInput("n + 1", "run-code", ID, "-", "-l", "bash");
        assertThat(bash.stdout()).as(bash.stderr()).isEqualTo("2\n");
        assertThat(run("run-code", ID).stderr()).contains("no code given");
        assertThat(run("run-code", ID, "missing.py").stderr()).contains("missing.py cannot be read: no such file");
        assertThat(cell("n", "file.py").stderr()).contains("-c excludes FILE file.py");
    }

    @Test
    void asksForTablesInTheGivenFormat() {
        assertThat(cell("n = 1", "--table-format", "json").exitCode()).isZero();
        CommandRun refused = cell("n = 2", "--table-format", "arrow");
        assertThat(refused.exitCode()).isEqualTo(125);
        assertThat(refused.stderr()).contains("has no pyarrow");
        CommandRun unknown = cell("n = 3", "--table-format", "csv");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.stderr()).contains("--table-format is \"csv\"; use json or arrow");
        assertThat(cell("n").stdout()).isEqualTo("1\n");
    }

    @Test
    void printsTheTracebackOfAFailedCell() {
        CommandRun failed = cell("raise ValueError('no')");
        assertThat(failed.exitCode()).isEqualTo(1);
        assertThat(failed.stderr()).isEqualTo("ValueError: no\n");
        assertThat(failed.stdout()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "import os; os._exit(3), 3, the interpreter has ended with exit code 3",
        "while True: pass, 124, the variables are kept",
    })
    void theExitCodeSaysHowTheCellEnded(String code, int exitCode, String message) {
        CommandRun run = cell(code, "--timeout", "1s");
        assertThat(run.exitCode()).isEqualTo(exitCode);
        assertThat(run.stderr()).contains(message);
    }

    @Test
    void anInterpreterThatEndedIsRestarted() {
        cell("import os; os._exit(3)");
        CommandRun refused = cell("n = 1");
        assertThat(refused.exitCode()).isEqualTo(125);
        assertThat(refused.stderr()).contains("has ended");
        String context = contexts().getFirst().id().value().substring(0, 31);
        CommandRun unknown = run("context restart", ID, "f00");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.stderr()).contains("no context has an id that begins with \"f00\"");
        cell("n = 1", "-l", "bash");
        assertThat(run("context restart", ID, context).stderr()).contains("may be any of these contexts");
        assertThat(run("context restart", ID, contexts().getFirst().id().value())
                        .exitCode())
                .isZero();
        assertThat(cell("n = 1").exitCode()).isZero();
    }

    @Test
    void listsAndRemovesContexts() {
        String id = run("context create", ID, "-l", "bash").stdout().strip();
        assertThat(new ContextId(id)).isEqualTo(contexts().getFirst().id());
        assertThat(cell("n = 7", "--context", id).exitCode()).isZero();
        assertThat(run("context list", ID).stdout())
                .contains("CONTEXT", id, "bash", "idle", "30 MiB")
                .doesNotContain("python");
        assertThat(run("context list", ID, "--json").stdout()).contains("\"languages\" : [ \"python\", \"bash\" ]");
        assertThat(run("context variables", ID, id).stdout()).contains("n", "int", "7");
        assertThat(run("context variables", ID, id, "--json").stdout()).contains("\"text\" : \"7\"");
        assertThat(run("context remove", ID, id).exitCode()).isZero();
        assertThat(contexts()).isEmpty();
        assertThat(cell("n", "--context", id).exitCode()).isEqualTo(125);
    }

    @Test
    void printsOneJsonObject() throws IOException {
        JsonNode json = new ObjectMapper()
                .readTree(cell("n = 41\nprint('text')\nn + 1", "--json").stdout());
        assertThat(json.path("outcome").asText()).isEqualTo("OK");
        assertThat(json.path("stdout").asText()).isEqualTo("text\n");
        assertThat(json.path("results").path(0).path("data").path("text/plain").asText())
                .isEqualTo("42");
        assertThat(json.path("context").asText())
                .isEqualTo(contexts().getFirst().id().value());
        JsonNode failed = new ObjectMapper()
                .readTree(cell("raise ValueError('no')", "--json").stdout());
        assertThat(failed.path("error").path("name").asText()).isEqualTo("ValueError");
        assertThat(failed.path("error").path("frames").path(0).path("line").asInt())
                .isEqualTo(1);
    }

    @Test
    void answersQuestionsFromStandardInput() {
        CommandRun answered = withInput("Ada\n", "run-code", ID, "-i", "-c", "print(input('name? '))");
        assertThat(answered.stdout()).as(answered.stderr()).isEqualTo("name? Ada\n");
        CommandRun ended = withInput("", "run-code", ID, "-i", "-c", "print(input('name? '))");
        assertThat(ended.stderr()).contains("EOFError");
        assertThat(cell("print(input('name? '))").stderr()).contains("EOFError");
    }

    @Test
    void aDetachedCellIsShownLater() throws Exception {
        CommandRun started = cell("print('begun')\nwhile True: pass", "-d");
        assertThat(started.stdout()).matches("[0-9a-f]{32} 1\n");
        String context = started.stdout().substring(0, 32);
        CompletableFuture<CommandRun> shown =
                CompletableFuture.supplyAsync(() -> run("run-code", ID, "--context", context, "--attach", "1"));
        awaitState(ContextState.BUSY);
        interpreter.interrupt(new ContextId(context), 1, soon());
        assertThat(shown.get().stdout()).isEqualTo("begun\n");
        assertThat(shown.get().exitCode()).isEqualTo(130);
        assertThat(run("run-code", ID, "--attach", "1").stderr()).contains("--attach needs --context");
    }

    @Test
    void anInterruptOfTheCommandInterruptsItsCell() throws Exception {
        CompletableFuture<CommandRun> run = new CompletableFuture<>();
        Thread command = Thread.ofPlatform().start(() -> run.complete(cell("while True: pass")));
        awaitState(ContextState.BUSY);
        command.interrupt();
        assertThat(run.get().exitCode()).as(run.get().stderr()).isEqualTo(130);
        awaitState(ContextState.IDLE);
    }

    @Test
    void theReplNeedsATerminal() {
        CommandRun run = run("repl", ID);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.stderr()).contains("repl needs a terminal");
    }

    private List<ContextInfo> contexts() {
        return interpreter.list(soon()).contexts();
    }

    private void awaitState(ContextState state) {
        Deadline limit = soon();
        while (contexts().isEmpty() || contexts().getFirst().state() != state) {
            assertThat(limit.hasPassed()).isFalse();
            Pause.of(Duration.ofMillis(20));
        }
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
    }
}
