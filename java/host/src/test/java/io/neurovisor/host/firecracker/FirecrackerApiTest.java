package io.neurovisor.host.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.guestlink.GuestLinks;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The handling of arbitrary responses; genuine responses of Firecracker are part of the system tests. */
final class FirecrackerApiTest {
    private static final String REFUSAL = "{\"fault_message\":\"The disk\\u001b[31m\\nis missing.\"}";

    @TempDir
    private Path directory;

    private GuestLinks links;
    private ServerSocketChannel server;
    private final CompletableFuture<String> request = new CompletableFuture<>();

    @BeforeEach
    void listen() throws IOException {
        links = new GuestLinks(InstantSource.system());
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket()));
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        links.close();
    }

    @Test
    void acceptsAnEmptyResponse() {
        answer("HTTP/1.1 204 No Content\r\n\r\n");
        try (FirecrackerApi api = connect()) {
            api.put("/vsock", Map.of("guest_cid", 3), soon());
        }
        assertThat(request.join())
                .startsWith("PUT /vsock HTTP/1.1\r\n")
                .contains("content-length: 15")
                .endsWith("\r\n\r\n{\"guest_cid\":3}");
    }

    @Test
    void reportsFirecrackersErrorOnOneLine() {
        answer("HTTP/1.1 400 Bad Request\r\nContent-Length: " + REFUSAL.length() + "\r\n\r\n" + REFUSAL);
        try (FirecrackerApi api = connect()) {
            assertThatThrownBy(() -> api.patch("/vm", Map.of("state", "Paused"), soon()))
                    .isInstanceOfSatisfying(
                            NeuroVisorException.class,
                            exception -> assertThat(exception.fault()).isEqualTo(Fault.VMM_FAILED))
                    .hasMessage("Firecracker refused PATCH /vm (HTTP 400): The disk[31m | is missing.");
        }
    }

    @Test
    void acceptsTheExpectedRefusal() {
        answer("HTTP/1.1 400 Bad Request\r\nContent-Length: " + REFUSAL.length() + "\r\n\r\n" + REFUSAL);
        try (FirecrackerApi api = connect()) {
            api.putRefusedWith("The disk", "/snapshot/create", Map.of(), soon());
        }
        assertThat(request.join()).startsWith("PUT /snapshot/create HTTP/1.1\r\n");
    }

    @Test
    void rejectsAnotherRefusal() {
        answer("HTTP/1.1 400 Bad Request\r\nContent-Length: " + REFUSAL.length() + "\r\n\r\n" + REFUSAL);
        try (FirecrackerApi api = connect()) {
            assertThatThrownBy(() -> api.putRefusedWith("The memory", "/snapshot/create", Map.of(), soon()))
                    .hasMessageStartingWith("Firecracker refused PUT /snapshot/create (HTTP 400): The disk");
        }
    }

    @Test
    void rejectsAcceptanceOfWhatIsToBeRefused() {
        answer("HTTP/1.1 204 No Content\r\n\r\n");
        try (FirecrackerApi api = connect()) {
            assertThatThrownBy(() -> api.putRefusedWith("", "/snapshot/create", Map.of(), soon()))
                    .hasMessageContaining("was to refuse");
        }
    }

    @Test
    void isClosedByARequestWithoutAResponse() {
        try (FirecrackerApi api = connect()) {
            assertThat(api.isOpen()).isTrue();
            assertThatThrownBy(() -> api.get("/", Deadline.after(Duration.ofMillis(1), Ticker.SYSTEM)))
                    .isInstanceOf(NeuroVisorException.class);
            assertThat(api.isOpen()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nnoise",
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
                "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
                "SSH-2.0-OpenSSH\r\n\r\n",
                "\0\0\0\0\r\n\r\n"
            })
    void rejectsMalformedResponses(String noise) {
        answer(noise);
        try (FirecrackerApi api = connect()) {
            assertThatThrownBy(() -> api.get("/", soon())).isInstanceOf(NeuroVisorException.class);
        }
    }

    @Test
    void waitsUntilTheDeadlineOnly() {
        try (FirecrackerApi api = connect()) {
            assertThatThrownBy(() -> api.get("/", Deadline.after(Duration.ofMillis(1), Ticker.SYSTEM)))
                    .hasMessageContaining("in time");
        }
    }

    @Test
    void connectsOnlyToAListeningSocket() {
        assertThat(FirecrackerApi.connect(links.unixSockets(), directory.resolve("none"), soon()))
                .isEmpty();
    }

    private FirecrackerApi connect() {
        return FirecrackerApi.connect(links.unixSockets(), socket(), soon()).orElseThrow();
    }

    /** Sends one response to the first request and then closes the connection. */
    private void answer(String text) {
        Thread.ofVirtual().start(() -> {
            try (SocketChannel connection = server.accept()) {
                ByteBuffer buffer = ByteBuffer.allocate(4096);
                connection.read(buffer);
                while (!StandardCharsets.UTF_8
                        .decode(buffer.duplicate().flip())
                        .toString()
                        .contains("\r\n\r\n")) {
                    connection.read(buffer);
                }
                request.complete(StandardCharsets.UTF_8.decode(buffer.flip()).toString());
                connection.write(StandardCharsets.UTF_8.encode(text));
            } catch (IOException exception) {
                request.completeExceptionally(exception);
            }
        });
    }

    private Path socket() {
        return directory.resolve("a");
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
    }
}
