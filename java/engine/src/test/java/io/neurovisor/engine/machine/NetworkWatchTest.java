package io.neurovisor.engine.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.testkit.RecordingSink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NetworkWatchTest {
    private static final Program PROGRAM = new Program(Language.PYTHON, "import urllib.request");

    private final RecordingSink sink = new RecordingSink();
    private final NetworkWatch watch = new NetworkWatch(sink);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "socket.gaierror: [Errno -2] Name or service not known",
                "OSError: [Errno 101] Network is unreachable",
                "Error: getaddrinfo ENOTFOUND pypi.org",
                "dial tcp: lookup pypi.org: no such host",
                "curl: (6) Could not resolve host: pypi.org",
                "ERROR: No matching distribution found for rich"
            })
    void namesImageBuildForAFailedAttempt(String error) {
        watch.stdout(bytes("begin\n"));
        watch.stderr(bytes("x".repeat(100_000) + error.substring(0, 10)));
        watch.stderr(bytes(error.substring(10) + "\n"));
        assertThat(watch.hint(PROGRAM, Outcome.COMPLETED)).contains("no network", "./neurovisor image build");
        assertThat(sink.stdoutText()).isEqualTo("begin\n");
        assertThat(sink.stderrText()).endsWith(error + "\n").hasSize(100_001 + error.length());
    }

    @Test
    void namesImageBuildForAnInstallationThatTimedOut() {
        Program installing =
                new Program(Language.PYTHON, "import subprocess\nsubprocess.run(['pip', 'install', 'rich'])");
        assertThat(watch.hint(installing, Outcome.TIMED_OUT)).isEqualTo(NetworkWatch.HINT);
        assertThat(watch.hint(installing, Outcome.COMPLETED)).isEmpty();
        assertThat(watch.hint(PROGRAM, Outcome.TIMED_OUT)).isEmpty();
    }

    @Test
    void saysNothingAboutOtherErrors() {
        for (int line = 0; line < 10_000; line++) {
            watch.stderr(bytes("ValueError: " + line + "\n"));
        }
        assertThat(watch.hint(PROGRAM, Outcome.COMPLETED)).isEmpty();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
