package io.neurovisor.host.debian;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.process.ToolResult;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BuildFailuresTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    Err:1 http://x Temporary failure resolving 'deb.debian.org'           | no name could be resolved
                    E: Failed to fetch http://x  Could not connect to x:80 (10.0.0.1).    | the mirror does not answer
                    E: The repository 'http://x trixie Release' does not have a Release file. | does not have Debian trixie
                    W: GPG error: http://x: NO_PUBKEY 0E98404D386FA1D9                     | debian-archive-keyring
                    FATAL ERROR: Failed to write to output filesystem, No space left on device | the disk of /data/x
                    E: unable to locate newuidmap: please install                         | uidmap
                    unshare: no line matching user "bob" in /etc/subuid: Success          | run sudo usermod --add-subuids
                    WARNING: Retrying after SSLError [SSL: CERTIFICATE_VERIFY_FAILED]       | name the authority's by PIP_CERT
                    E: Unable to locate package python3-nothing                           | Debian trixie has no such package
                    """)
    void namesTheFix(String line, String advice) {
        NeuroVisorException failure =
                failure(List.of("I: running apt-get update...", line, "E: mmdebstrap failed to run"));

        assertThat(failure.fault()).isEqualTo(Fault.IMAGE_BUILD_FAILED);
        assertThat(failure).hasMessageContaining(advice).hasMessageContaining(line);
        assertThat(failure.getMessage()).doesNotContain("\n");
    }

    @Test
    void keepsPipsMessageAboutARequirement() {
        assertThat(failure(List.of(
                        "I: installing Python packages",
                        "ERROR: Could not find a version that satisfies the requirement nothing (from versions: none)",
                        "ERROR: No matching distribution found for nothing",
                        "E: run_chroot failed: E: command failed: chroot")))
                .hasMessageContaining("the requirement nothing");
    }

    @Test
    void reportsTheFirstErrorOtherwise() {
        assertThat(failure(List.of("noise", "E: first", "E: second")))
                .hasMessage("Cannot build image base: mmdebstrap ended with exit code 25: E: first");
        assertThat(failure(List.of())).hasMessageEndingWith("it printed no reason");
    }

    private static NeuroVisorException failure(List<String> messages) {
        return BuildFailures.of("image base", Path.of("/data/x"), new ToolResult("mmdebstrap", 25, messages));
    }
}
