package io.neurovisor.tests.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.util.concurrent.ListenableFuture;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the status of a daemon with real machines on a terminal, and in a browser with and without scripts. */
final class StatusPageIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** Prints escape sequences and HTML in one line of ten megabytes. */
    private static final String LOUD = """
            import sys
            print("<script>alert(1)</script><img src=x onerror=alert(2)>\\x1b[2J\\x1b]0;owned\\x07", end="")
            sys.stdout.write("x" * 10_000_000)
            sys.exit(7)
            """;

    /** Runs out of memory under a name that it has chosen: the only text of a guest on the page. */
    private static final String NAMED = """
            import ctypes, mmap
            ctypes.CDLL(None).prctl(15, b"<img src=x>\\x1b[2J", 0, 0, 0)
            populated = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x8000
            hog = [mmap.mmap(-1, 200 << 20, flags=populated) for _ in range(9)]
            """;

    @TempDir
    private Path directory;

    @Test
    void escapesTextWrittenByGuests() throws Exception {
        try (RunningDaemon daemon = RunningDaemon.start(directory, "--warm=1", "--max=2", "--rate-limit=off")) {
            ExecutionServiceGrpc.ExecutionServiceBlockingStub client =
                    ExecutionServiceGrpc.newBlockingStub(daemon.channel());
            await().atMost(LIMIT).until(() -> daemon.status("/ready").equals("200 ready"));
            String trace = client.execute(program("python", LOUD)).getTraceId();
            ExecuteResponse named = client.execute(program("python", NAMED));
            assertThat(named.getOutcome().name()).isEqualTo("OUT_OF_MEMORY");
            ProcessHandle _ = daemon.warmVmm();

            theTerminalShowsIt(daemon, trace);
            try (HeadlessBrowser browser = HeadlessBrowser.start(directory)) {
                theBrowserShowsItLive(browser, daemon, trace);
                theBasicsNeedNoScript(browser, daemon, trace);
                assertThat(browser.complaints()).isEmpty();
                // An open page does not delay the end of the daemon.
                browser.runsScripts(true);
                browser.open(address(daemon) + "/");
                await().atMost(LIMIT).until(() -> browser.text("#connection").equals("live"));
                daemon.signal("TERM");
                assertThat(daemon.awaitEnd()).as(daemon.messages().toString()).isZero();
            }
            CommandLineRun gone = status("--metrics-port=" + daemon.statusPort());
            assertThat(gone.exitCode()).isEqualTo(3);
            assertThat(gone.stderr()).contains("refuses connections; start a daemon with neurovisor serve");
        }
    }

    private void theTerminalShowsIt(RunningDaemon daemon, String trace) throws IOException {
        CommandLineRun run = status();
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stderr()).isEmpty();
        assertThat(run.stdout())
                .contains("at http://127.0.0.1:" + daemon.statusPort() + ": ready, up ")
                .containsPattern("(?m)^1/1 +0 +0 +0 +0 +1/2 +")
                .containsPattern(trace + " +python +COMPLETED +7 ")
                .contains("OUT_OF_MEMORY", "<img src=x>", "6 VM isolation")
                .doesNotContain("\u001b", "alert(1)", "xxxx");
        JsonNode json = new ObjectMapper().readTree(status("--json").stdout());
        assertThat(json.path("ready").asBoolean()).isTrue();
        assertThat(json.at("/executions/ended").asInt()).isEqualTo(2);
        assertThat(json.at("/executions/uncompleted").asInt()).isOne();
        assertThat(json.at("/executions/recent/1/trace_id").asText()).isEqualTo(trace);
        assertThat(json.at("/executions/recent/1/phases").findValuesAsText("name"))
                .containsSubsequence("WAIT", "EXECUTE", "PROGRAM", "DESTROY");
        assertThat(json.at("/layers")).hasSize(6);
    }

    private void theBrowserShowsItLive(HeadlessBrowser browser, RunningDaemon daemon, String trace) throws IOException {
        browser.open(address(daemon) + "/");
        await().atMost(LIMIT).until(() -> browser.text("#connection").equals("live"));
        assertThat(browser.text("#pool-ended")).isEqualTo("2");
        assertThat(browser.text("#ready")).isEqualTo("ready");
        JsonNode _ = browser.evaluate("window.sameAsBefore = true");

        ListenableFuture<ExecuteResponse> endless = ExecutionServiceGrpc.newFutureStub(daemon.channel())
                .execute(program("bash", "sleep 1000").toBuilder()
                        .setTimeoutSecs(1000)
                        .build());
        await().atMost(LIMIT).until(() -> browser.text("#running").contains("bash"));
        await().atMost(LIMIT).until(() -> browser.text("#pool-active").equals("1"));
        endless.cancel(true);
        await().atMost(LIMIT).until(() -> browser.text("#recent tr").contains("CANCELLED"));
        assertThat(browser.text("#running")).isEmpty();
        assertThat(browser.text("#pool-ended")).isEqualTo("3");
        assertThat(browser.evaluate("document.querySelectorAll('.charts canvas').length")
                        .asInt())
                .isEqualTo(2);

        browser.click("#recent a[title=\"" + trace + "\"]");
        await().atMost(LIMIT).until(() -> browser.text("#detail").contains("program, by the guest's clock"));
        assertThat(browser.text("#detail")).contains("exit code 7", "machine destroyed", trace);
        browser.click("#recent tr:nth-child(2) a");
        await().atMost(LIMIT).until(() -> browser.text("#detail").contains("killed: <img src=x>"));
        assertThat(browser.evaluate("window.sameAsBefore").asBoolean())
                .as("the page was not loaded again")
                .isTrue();
        onlyOurMarkupIsThere(browser);
        picture(browser, "light");
        browser.prefersDark(true);
        picture(browser, "dark");
    }

    private static void theBasicsNeedNoScript(HeadlessBrowser browser, RunningDaemon daemon, String trace) {
        browser.runsScripts(false);
        browser.open(address(daemon) + "/");
        assertThat(browser.text("body")).contains("ready", "warm", "6 VM isolation", "OUT_OF_MEMORY", "exit code 7");
        assertThat(browser.evaluate("document.querySelectorAll('.charts canvas').length")
                        .asInt())
                .isZero();
        onlyOurMarkupIsThere(browser);
        browser.click("#recent a[title=\"" + trace + "\"]");
        await().atMost(LIMIT).until(() -> browser.text("h1 + span").equals(trace));
        assertThat(browser.text("main")).contains("waited for a machine", "machine destroyed", "exit code 7");
        onlyOurMarkupIsThere(browser);
    }

    private static void onlyOurMarkupIsThere(HeadlessBrowser browser) {
        assertThat(browser.evaluate("[...document.querySelectorAll('img, script')]"
                                + ".filter((e) => !e.getAttribute('src').startsWith('/assets/')).length")
                        .asInt())
                .isZero();
        assertThat(browser.evaluate("document.documentElement.outerHTML").asText())
                .doesNotContain("alert(1)", "\u001b", "xxxx");
    }

    /** Saves a screenshot for review by a person. */
    private static void picture(HeadlessBrowser browser, String name) throws IOException {
        Path pictures = CommandLineRun.home().resolve("java/system-tests/target/screenshots");
        Files.createDirectories(pictures);
        JsonNode _ = browser.evaluate("scrollTo(0, 0)");
        Files.write(pictures.resolve("status-page-" + name + ".png"), browser.screenshot());
    }

    /** Prints the status of the daemon, whose metrics port is found by its socket. */
    private CommandLineRun status(String... options) {
        List<String> arguments = new ArrayList<>(List.of("status"));
        arguments.addAll(List.of(options));
        return RunningDaemon.runBy(directory, arguments.toArray(String[]::new));
    }

    private static String address(RunningDaemon daemon) {
        return "http://127.0.0.1:" + daemon.statusPort();
    }

    private static ExecuteRequest program(String language, String code) {
        return ExecuteRequest.newBuilder()
                .setLanguage(language)
                .setCode(code)
                .setTimeoutSecs(600)
                .build();
    }
}
