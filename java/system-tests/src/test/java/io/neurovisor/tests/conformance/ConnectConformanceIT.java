package io.neurovisor.tests.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RealClient;
import io.neurovisor.tests.runner.Alone;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the public suite of the Connect protocol against our codec, for the features of setup/conformance.yaml. It gives a server
 * 10 s to start and some calls 2 s, so no other class runs meanwhile.
 */
@Alone
@Timeout(900)
final class ConnectConformanceIT {
    /** Of the version in setup/conformance.sh, so that a change of what is claimed is noticed. */
    private static final int CASES = 828;

    @TempDir
    private Path directory;

    @Test
    void everyCaseOfTheFeaturesThatAreClaimedPasses() {
        RealClient suite = RealClient.conformance("connectconformance");
        HostCommand.Result run = suite.run(
                "--conf",
                Path.of(System.getProperty("neurovisor.home"), "setup/conformance.yaml")
                        .toString(),
                "--mode=server",
                "--max-servers=1",
                "--parallel=4",
                "--",
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                ConformanceServer.class.getName(),
                Path.of(System.getenv("NEUROVISOR_TEST_CONFORMANCE"), "messages.binpb")
                        .toString(),
                directory.toString());
        assertThat(run.stdout()).as(run.stderr()).contains(CASES + " passed, 0 failed");
        assertThat(run.exitCode()).isZero();
        // A call that ends early is no reason for a line in the log of a server.
        assertThat(run.stderr()).isEmpty();
    }
}
