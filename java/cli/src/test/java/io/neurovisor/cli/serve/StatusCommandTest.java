package io.neurovisor.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.neurovisor.cli.Main;
import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.server.overview.Activity;
import io.neurovisor.server.overview.CurrentExecution;
import io.neurovisor.server.overview.EndedExecution;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.OverviewJson;
import io.neurovisor.server.overview.Phase;
import io.neurovisor.server.overview.Point;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StatusCommandTest {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
    private static final String TRACE = "01941ab3-6d8c-7a2b-b4e1-9c1234567890";
    private static final String OBEYED = "\u001b[2J\u001b]0;owned\u0007\u202e\nsecond line";

    @TempDir
    private Path data;

    private final HttpServer server;
    private String answer = "";

    StatusCommandTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/status.json", exchange -> {
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            try (OutputStream stream = exchange.getResponseBody()) {
                stream.write(body);
            }
        });
        server.start();
    }

    @AfterEach
    void close() {
        server.stop(0);
    }

    @Test
    void itPrintsTheFiguresInTables() {
        answer = OverviewJson.write(overview(true, ""));
        Run run = run();
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out().lines())
                .contains(
                        "NeuroVisor 1 at http://127.0.0.1:"
                                + server.getAddress().getPort() + ": ready, up 2 min 5 s",
                        "WARM  ACTIVE  STARTING  ENDING  WAITING  MACHINES  ROOM  PEAK",
                        "2/3   1       0         0       4        3/10      8     5",
                        "6 VM isolation  off     no KVM",
                        "running: 1",
                        TRACE + "  bash      small  vm-1     12 s",
                        "ended: 9, of them not completed: 2",
                        "11:59:00  " + TRACE + "  python    SANDBOX_DIED  -          45 ms  40 ms   -",
                        "the last ten minutes: 7 ended, 1 of them not completed",
                        "the 5 s from 11:59:55 on: 7 ended, median 20 ms, 95th percentile 1.50 s");
    }

    @Test
    void exitCodeTellsWhetherItIsReady() {
        answer = OverviewJson.write(overview(false, "draining: no further requests are accepted"));
        Run run = run();
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).contains("not ready", "draining: no further requests are accepted");
        assertThat(run("--json").exitCode()).isEqualTo(1);
    }

    @Test
    void jsonIsOneLine() throws IOException {
        Overview overview = overview(true, "");
        answer = OverviewJson.write(overview);
        Run run = run("--json");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).endsWith("}\n").matches("[ -~]*\n");
        assertThat(OverviewJson.read(run.out())).isEqualTo(overview);
    }

    @Test
    void nothingThatAnybodySaysIsObeyedByATerminal() {
        answer = OverviewJson.write(overview(false, OBEYED))
                .replace(
                        "vm-1",
                        "vm"
                                + OBEYED.replace("\n", "\\n")
                                        .replace("\u001b", "\\u001b")
                                        .replace("\u0007", "\\u0007"))
                .replace("no KVM", "\\u001b[2J");
        for (Run run : List.of(run(), run("--json"))) {
            assertThat(run.out())
                    .doesNotContainPattern("[\\p{Cc}&&[^\n]]|\u202e")
                    .contains("owned");
            assertThat(run.out().lines()).noneMatch(line -> line.startsWith("second line"));
        }
    }

    @Test
    void whereNoDaemonAnswersTheExitCodeIsThree() {
        answer = "<html>\u001b[2J";
        Run stranger = run();
        assertThat(stranger.exitCode()).isEqualTo(3);
        assertThat(stranger.out()).isEmpty();
        assertThat(stranger.err())
                .startsWith("neurovisor: http://127.0.0.1:")
                .contains("responds with something else; start a daemon with neurovisor serve")
                .doesNotContain("\u001b");
        int port = server.getAddress().getPort();
        server.stop(0);
        Run absent = run("--metrics-port=" + port);
        assertThat(absent.exitCode()).isEqualTo(3);
        assertThat(absent.err()).contains("refuses connections");
    }

    private static Overview overview(boolean ready, String obstacle) {
        EndedExecution ended = new EndedExecution(
                8,
                TRACE,
                "python",
                "small",
                NOW.minusSeconds(60),
                "SANDBOX_DIED",
                false,
                null,
                "vm-0",
                "",
                List.of(1, 2),
                45,
                List.of(new Phase(Phase.Name.WAIT, 0, 40)),
                "killed: " + OBEYED);
        return new Overview(
                NOW,
                NOW.minusSeconds(125),
                "1",
                ready,
                obstacle,
                new Overview.Vmm("qemu", "10", false, "no Firecracker", "no KVM"),
                Overview.Pool.of(new PoolStatus(2, 0, 1, 0, 4, 5, true, Optional.empty(), Optional.empty()), 3, 10, 8),
                List.of(new Overview.Protection(6, "VM isolation", "off", "no KVM", "")),
                new Activity(
                        9,
                        2,
                        1,
                        List.of(new CurrentExecution(9, TRACE, "bash", "small", NOW.minusSeconds(12), "vm-1")),
                        List.of(ended),
                        5,
                        List.of(new Point(NOW.minusSeconds(5), 7, 1, 20, 1500))),
                List.of());
    }

    private record Run(int exitCode, String out, String err) {}

    private Run run(String... options) {
        List<String> arguments = new ArrayList<>(List.of("status"));
        arguments.addAll(List.of(options));
        if (arguments.stream().noneMatch(argument -> argument.startsWith("--metrics-port"))) {
            arguments.add("--metrics-port=" + server.getAddress().getPort());
        }
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Main.commandLine(
                        new ProcessEnvironment(Map.of("NEUROVISOR_DATA_DIR", data.toString()), data.resolve("home")))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments.toArray(String[]::new));
        return new Run(exitCode, out.toString(), err.toString());
    }
}
