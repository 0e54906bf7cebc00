package io.neurovisor.server.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.neurovisor.engine.fault.Fault;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DaemonFailureTest {
    @ParameterizedTest
    @CsvSource({
        "UNAVAILABLE, DAEMON_LOST, was lost (UNAVAILABLE: why)",
        "DEADLINE_EXCEEDED, DAEMON_LOST, did not answer in time",
        "PERMISSION_DENIED, DAEMON_REFUSED, rejected the call (PERMISSION_DENIED: why)",
        "UNIMPLEMENTED, DAEMON_REFUSED, keeps no sandboxes; start it with --max-sandboxes above 0",
    })
    void failuresOfTheConnectionAreNamed(Status.Code code, Fault fault, String words) {
        assertThat(DaemonFailure.ofSandboxes(
                        Status.fromCode(code).withDescription("why").asException(), Path.of("/s")))
                .hasMessage("the daemon at /s " + words)
                .extracting("fault")
                .isEqualTo(fault);
    }
}
