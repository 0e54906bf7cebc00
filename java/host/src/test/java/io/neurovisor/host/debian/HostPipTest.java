package io.neurovisor.host.debian;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostPipTest {
    @TempDir
    private Path home;

    @Test
    void readsFilesAndVariables() throws IOException {
        Path file = Files.writeString(home.resolve("pip.conf"), """
                # the company's
                [global]
                index-url = https://user:secret@index.example/simple
                extra-index-url =
                    https://one.example/simple
                    https://two.example/simple
                target = /somewhere
                [freeze]
                timeout = 1
                [install]
                retries: 7
                """);

        HostPip pip = HostPip.of(
                Map.of(
                        "PIP_CONFIG_FILE", file.toString(),
                        "PIP_RETRIES", "9",
                        "PIP_FIND_LINKS", "/wheels",
                        "PIP_DEFAULT_TIMEOUT", "180"),
                home,
                home.resolve("etc"));

        assertThat(pip.variables(Set.of("PIP_TARGET", "SSL_CERT_FILE", "PYTHONPATH", "PATH"), "/there.pem"))
                .containsEntry("PIP_TARGET", "")
                .containsEntry("SSL_CERT_FILE", "")
                .containsEntry("PYTHONPATH", "")
                .containsEntry("PIP_INDEX_URL", "https://user:secret@index.example/simple")
                .containsEntry("PIP_EXTRA_INDEX_URL", "https://one.example/simple https://two.example/simple")
                .containsEntry("PIP_RETRIES", "9")
                .containsEntry("PIP_DEFAULT_TIMEOUT", "180")
                .doesNotContainKeys("PATH", "PIP_FIND_LINKS", "PIP_TIMEOUT");
    }

    @Test
    void laterFilesOverrideEarlierOnes() throws IOException {
        Files.createDirectories(home.resolve(".pip"));
        Files.writeString(home.resolve(".pip/pip.conf"), "[global]\nindex-url = https://old.example/\n");
        Files.createDirectories(home.resolve(".config/pip"));
        Files.writeString(home.resolve(".config/pip/pip.conf"), "[global]\nindex-url = https://new.example/\n");

        assertThat(HostPip.of(Map.of(), home, home).settings()).containsEntry("index-url", "https://new.example/");
    }

    @Test
    void usesTheCertificatesOfTheHost() throws IOException {
        Path certificates = Files.writeString(home.resolve("ca.pem"), "");

        assertThat(HostPip.of(Map.of("PIP_CERT", certificates.toString()), home, home)
                        .certificates())
                .contains(certificates);
        assertThat(HostPip.of(Map.of("SSL_CERT_FILE", certificates.toString()), home, home)
                        .certificates())
                .contains(certificates);
        HostPip pip = HostPip.of(Map.of("PIP_CERT", certificates.toString()), home, home);
        assertThat(pip.variables(Set.of("PIP_CERT"), "/there.pem")).containsEntry("PIP_CERT", "/there.pem");
        assertThat(HostPip.of(Map.of("PIP_CERT", "/nowhere", "REQUESTS_CA_BUNDLE", certificates.toString()), home, home)
                        .certificates())
                .contains(certificates);
    }
}
