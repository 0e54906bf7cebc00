package io.neurovisor.host.firecracker.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the real curl against a server of the test. */
final class UpstreamSourceTest {
    private static final String NAME = "/v1.12.1/firecracker-v1.12.1-x86_64.tgz";

    @TempDir
    private Path directory;

    private HttpServer server;
    private byte[] archive;

    @BeforeEach
    void aServerWithARelease() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
        Path file = TestArchives.tarGz(
                directory.resolve("made.tgz"),
                Map.of(
                        "release-v1.12.1-x86_64/firecracker-v1.12.1-x86_64", "the VMM",
                        "release-v1.12.1-x86_64/jailer-v1.12.1-x86_64", "the jailer"));
        archive = Files.readAllBytes(file);
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void extractsThePublishedArchive() throws Exception {
        serve(NAME, archive);
        serve(NAME + ".sha256.txt", checksum(archive));
        assertThat(fetch()).contains(NAME).contains("checksum that was published");
        assertThat(directory.resolve("firecracker")).hasContent("the VMM");
        assertThat(directory.resolve("jailer")).hasContent("the jailer");
    }

    @Test
    void rejectsAnArchiveWithAnotherChecksum() {
        serve(NAME, archive);
        serve(NAME + ".sha256.txt", checksum("another".getBytes(StandardCharsets.UTF_8)));
        assertThatThrownBy(this::fetch)
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageContaining(Sha256.of(archive))
                .hasMessageContaining("was published");
        assertThat(directory.resolve("firecracker")).doesNotExist();
    }

    @Test
    void rejectsAPageInPlaceOfTheChecksum() {
        serve(NAME, archive);
        serve(NAME + ".sha256.txt", "<html>Sign in</html>".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(this::fetch).hasMessageContaining("holds no checksum of firecracker-v1.12.1-x86_64.tgz");
    }

    @Test
    void rejectsAChecksumOfAnotherFile() {
        serve(NAME, archive);
        serve(NAME + ".sha256.txt", (Sha256.of(archive) + "  other.tgz\n").getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(this::fetch).hasMessageContaining("holds no checksum");
    }

    @Test
    void reportsAnInterruptedDownload() {
        serve(NAME + ".sha256.txt", checksum(archive));
        server.createContext(NAME, exchange -> {
            exchange.sendResponseHeaders(200, archive.length);
            exchange.getResponseBody().write(archive, 0, archive.length / 2);
            exchange.close();
        });
        assertThatThrownBy(this::fetch)
                .isInstanceOf(ReleaseSource.UnreachableException.class)
                .hasMessageContaining("curl");
    }

    @Test
    void reportsAMissingRelease() {
        assertThatThrownBy(this::fetch)
                .isInstanceOf(ReleaseSource.UnreachableException.class)
                .hasMessageContaining("404");
    }

    @Test
    void reportsAnUnreachableServer() {
        server.stop(0);
        assertThatThrownBy(this::fetch)
                .isInstanceOf(ReleaseSource.UnreachableException.class)
                .hasMessageContaining("onnect");
    }

    private String fetch() throws ReleaseSource.UnreachableException {
        URI base = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
        return new UpstreamSource(base, Supervisor.none()).fetch(PinnedRelease.NEWEST, directory, directory);
    }

    private void serve(String path, byte[] content) {
        server.createContext(path, exchange -> {
            // A context also serves paths that only begin with its own.
            boolean exact = exchange.getRequestURI().getPath().equals(path);
            exchange.sendResponseHeaders(exact ? 200 : 404, exact ? content.length : -1);
            if (exact) {
                exchange.getResponseBody().write(content);
            }
            exchange.close();
        });
    }

    private static byte[] checksum(byte[] content) {
        return (Sha256.of(content) + "  firecracker-v1.12.1-x86_64.tgz\n").getBytes(StandardCharsets.UTF_8);
    }
}
