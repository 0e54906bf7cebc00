package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Older clients of E2B's, unmodified, which find a sandbox by the name {@code PORT-ID.DOMAIN}, with TLS and an authority of
 * one's own.
 */
@Timeout(900)
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class E2bDomainIT {
    private static final String DOMAIN = "sandboxes.test";

    /** RFC 5280, section 4.2.1.6. */
    private static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";

    /** What each version has no method for. */
    private static final Map<String, Set<String>> ABSENT =
            Map.of("1.11.1", Set.of("pause", "snapshot", "fork"), "2.25.0", Set.of("fork"));

    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static Map<String, String> environment;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(clients().findAny().isPresent());
        X509Bundle authority = new CertificateBuilder()
                .subject("CN=authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        X509Bundle server = new CertificateBuilder()
                .subject("CN=server")
                .addExtensionOctetString(SUBJECT_ALTERNATIVE_NAME, false, dnsName("*." + DOMAIN))
                .buildIssuedBy(authority);
        Map<String, String> data =
                Map.of("NEUROVISOR_DATA_DIR", DataDirectories.ready(directory).toString());
        String key = E2bClient.key(data);
        daemon = RunningDaemon.start(
                directory,
                data,
                "--warm=1",
                "--max=8",
                "--size=small",
                "--rate-limit=off",
                "--http-port=0",
                "--sandbox-domain=" + DOMAIN,
                "--tls-cert=" + Files.writeString(directory.resolve("certificate"), server.getCertificatePathPEM()),
                "--tls-key=" + Files.writeString(directory.resolve("key"), server.getPrivateKeyPEM()));
        environment = Map.of(
                "E2B_API_KEY",
                key,
                "E2B_DOMAIN",
                DOMAIN,
                "E2B_TEST_PORT",
                String.valueOf(URI.create(daemon.httpAddress()).getPort()),
                "SSL_CERT_FILE",
                Files.writeString(directory.resolve("authority"), authority.getCertificatePEM())
                        .toString());
    }

    /** Returns one name in DER, because the builder of certificates rejects wildcards. */
    private static byte[] dnsName(String name) {
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(text.length + 4)
                .put((byte) 0x30)
                .put((byte) (text.length + 2))
                .put((byte) 0x82)
                .put((byte) text.length)
                .put(text)
                .array();
    }

    @AfterAll
    static void stop() {
        if (daemon != null) {
            daemon.close();
        }
    }

    static Stream<E2bClient> clients() throws IOException {
        return E2bClient.thatFindBy("domain");
    }

    @ParameterizedTest
    @MethodSource("clients")
    void everyStepThatTheClientHasSucceeds(E2bClient client) throws IOException {
        Set<String> absent = ABSENT.getOrDefault(client.version(), Set.of());
        HostCommand.Result run = client.steps(environment);
        assertThat(run.stdout().lines())
                .as(run.stderr())
                .containsExactlyElementsOf(E2bClient.STEPS.stream()
                        .map(step -> (absent.contains(step) ? "absent " : "ok ") + step)
                        .toList());
        assertThat(run.exitCode()).isZero();
        List<String> missing = E2bClient.STEPS.stream().filter(absent::contains).toList();
        assertThat(Files.readString(Path.of(System.getProperty("neurovisor.home"), "docs/e2b.md")))
                .contains(client.row("domain, TLS | all but " + String.join(", ", missing)));
    }
}
