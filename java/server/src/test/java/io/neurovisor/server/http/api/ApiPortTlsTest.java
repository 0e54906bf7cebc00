package io.neurovisor.server.http.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests encrypted connections, on which client and server agree on a version of HTTP. */
@Timeout(120)
final class ApiPortTlsTest {
    @ParameterizedTest
    @EnumSource(Version.class)
    void servesTheVersionThatWasAgreedOn(Version version) throws Exception {
        X509Bundle server = certificate();
        try (ApiPort port = open(server, server, false);
                HttpClient client = client(version, Optional.empty(), server)) {
            HttpResponse<String> response = get(client, port);
            assertThat(response.version()).isEqualTo(version);
            assertThat(response.body()).isEqualTo("hello\n");
        }
    }

    @Test
    void rejectsAClientWithoutACertificate() throws Exception {
        X509Bundle server = certificate();
        X509Bundle known = certificate();
        try (ApiPort port = open(server, known, true);
                HttpClient without = client(Version.HTTP_1_1, Optional.empty(), server);
                HttpClient other = client(Version.HTTP_1_1, Optional.of(certificate()), server);
                HttpClient with = client(Version.HTTP_1_1, Optional.of(known), server)) {
            assertThatThrownBy(() -> get(without, port)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> get(other, port)).isInstanceOf(IOException.class);
            assertThat(get(with, port).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aNewConnectionGetsTheNewCertificate() throws Exception {
        X509Bundle first = certificate();
        X509Bundle second = certificate();
        AtomicReference<SSLContext> current = new AtomicReference<>(context(Optional.of(first), first));
        try (ApiPort port = open(current::get, false);
                HttpClient before = client(Version.HTTP_1_1, Optional.empty(), first);
                HttpClient after = client(Version.HTTP_1_1, Optional.empty(), second)) {
            assertThat(get(before, port).statusCode()).isEqualTo(200);
            assertThatThrownBy(() -> get(after, port)).isInstanceOf(IOException.class);
            current.set(context(Optional.of(second), second));
            assertThat(get(after, port).statusCode()).isEqualTo(200);
            assertThat(get(before, port).statusCode()).isEqualTo(200); // On the connection that it has.
        }
    }

    @Test
    void aSlowHandshakeEndsItsConnection() throws Exception {
        X509Bundle server = certificate();
        SSLContext context = context(Optional.of(server), server);
        Duration later = Duration.ofMinutes(1);
        ApiPortLimits limits = new ApiPortLimits(512, 512, 16 << 10, Duration.ofMillis(300), later, later, later);
        try (ApiPort port = open(() -> context, false, limits);
                Socket slow =
                        new Socket(port.address().getAddress(), port.address().getPort())) {
            slow.setSoTimeout(60_000);
            assertThat(responseTo(new byte[] {22, 3, 1}, slow)).isEmpty(); // The beginning of a handshake.
        }
    }

    /** Returns what arrives until the connection ends. On a busy host, it may end before the bytes are sent, which resets it. */
    private static byte[] responseTo(byte[] bytes, Socket connection) throws IOException {
        try {
            connection.getOutputStream().write(bytes);
            return connection.getInputStream().readAllBytes();
        } catch (SocketException reset) {
            return new byte[0];
        }
    }

    private static ApiPort open(X509Bundle own, X509Bundle trusted, boolean needsClientCertificate) throws Exception {
        SSLContext context = context(Optional.of(own), trusted);
        return open(() -> context, needsClientCertificate);
    }

    private static ApiPort open(Supplier<SSLContext> contexts, boolean needsClientCertificate) throws Exception {
        return open(contexts, needsClientCertificate, ApiPortLimits.USUAL);
    }

    private static ApiPort open(Supplier<SSLContext> contexts, boolean needsClientCertificate, ApiPortLimits limits)
            throws Exception {
        HttpRoute route = new HttpRoute(0, false, exchange -> exchange.answer(200, "hello"));
        ApiPort port = ApiPort.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional.of(new ApiPortTls(contexts, needsClientCertificate)),
                limits,
                RequestObserver.NONE);
        port.serve(List.of(_ -> Optional.of(route)));
        return port;
    }

    private static X509Bundle certificate() throws Exception {
        return new CertificateBuilder()
                .subject("CN=localhost")
                .setIsCertificateAuthority(true)
                .addSanDnsName("localhost")
                .buildSelfSigned();
    }

    private static SSLContext context(Optional<X509Bundle> own, X509Bundle trusted) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                own.isPresent() ? own.get().toKeyManagerFactory().getKeyManagers() : null,
                trusted.toTrustManagerFactory().getTrustManagers(),
                null);
        return context;
    }

    private static HttpClient client(Version version, Optional<X509Bundle> own, X509Bundle trusted) throws Exception {
        return HttpClient.newBuilder()
                .version(version)
                .sslContext(context(own, trusted))
                .connectTimeout(Duration.ofMinutes(1))
                .build();
    }

    private static HttpResponse<String> get(HttpClient client, ApiPort port) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("https://localhost:" + port.address().getPort() + "/"))
                .timeout(Duration.ofMinutes(1))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
