package io.neurovisor.server.access.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.config.TlsConfig;
import io.neurovisor.testkit.ManualTicker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Uses generated certificates and real TLS connections. */
final class ServerTlsTest {
    private final Instant now = InstantSource.system().instant().truncatedTo(ChronoUnit.SECONDS);
    private static final long TIMEOUT_SECONDS = 60;

    private final ManualTicker ticker = new ManualTicker();

    @TempDir
    private Path directory;

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private X509Bundle authority;
    private X509Bundle server;
    private Path cert;
    private Path key;

    @BeforeEach
    void make() throws Exception {
        authority = authority("CN=authority");
        server = leaf("CN=server").buildIssuedBy(authority);
        cert = write("cert.pem", server.getCertificatePathPEM());
        key = write("key.pem", server.getPrivateKeyPEM());
    }

    @AfterEach
    void end() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @ParameterizedTest
    @EnumSource(names = {"rsa2048", "ecp256", "ecp384", "ed25519"})
    void servesCallsWithEveryCommonKindOfKey(CertificateBuilder.Algorithm algorithm) throws Exception {
        X509Bundle other = leaf("CN=server").algorithm(algorithm).buildIssuedBy(authority);
        write("cert.pem", other.getCertificatePathPEM());
        write("key.pem", other.getPrivateKeyPEM());
        assertThat(call(config(null), authority, null)).isOne();
    }

    @Test
    void isEmptyWithoutConfiguration() {
        assertThat(ServerTls.CALLS.context(
                        new TlsConfig(Optional.empty(), Optional.empty(), Optional.empty()), () -> now, ticker))
                .isEmpty();
    }

    @Test
    void aClientThatTrustsAnotherAuthorityDoesNotConnect() throws Exception {
        X509Bundle stranger = authority("CN=stranger");
        assertThatThrownBy(() -> call(config(null), stranger, null)).satisfies(ServerTlsTest::isUnavailable);
    }

    @Test
    void servesOnlyClientsOfTheClientCa() throws Exception {
        X509Bundle clients = authority("CN=clients");
        Path clientCa = write("ca.pem", clients.getCertificatePEM());
        X509Bundle known = leaf("CN=known").buildIssuedBy(clients);
        X509Bundle stranger = leaf("CN=stranger").buildIssuedBy(authority("CN=strangers"));
        assertThat(call(config(clientCa), authority, known)).isOne();
        assertThatThrownBy(() -> call(config(clientCa), authority, null)).satisfies(ServerTlsTest::isUnavailable);
        assertThatThrownBy(() -> call(config(clientCa), authority, stranger)).satisfies(ServerTlsTest::isUnavailable);
    }

    @Test
    void reloadsChangedFilesUnlessTheyAreInvalid() throws Exception {
        SslContext context =
                ServerTls.CALLS.context(config(null), () -> now, ticker).orElseThrow();
        X509Bundle next = authority("CN=next");
        X509Bundle renewed = leaf("CN=server").buildIssuedBy(next);
        write("cert.pem", renewed.getCertificatePathPEM());
        write("key.pem", renewed.getPrivateKeyPEM());
        assertThat(call(context, authority, null)).isOne();
        ticker.advance(ReloadingSslContext.LOOK_AGAIN_AFTER);
        assertThat(call(context, next, null)).isOne();

        write("key.pem", "half a file");
        ticker.advance(ReloadingSslContext.LOOK_AGAIN_AFTER);
        assertThat(call(context, next, null)).isOne();
        Files.delete(cert);
        ticker.advance(ReloadingSslContext.LOOK_AGAIN_AFTER);
        assertThat(call(context, next, null)).isOne();

        write("cert.pem", server.getCertificatePathPEM());
        write("key.pem", server.getPrivateKeyPEM());
        ticker.advance(ReloadingSslContext.LOOK_AGAIN_AFTER);
        assertThat(call(context, authority, null)).isOne();
    }

    @Test
    void rejectsAClientOfARemovedCaAfterAReload() throws Exception {
        X509Bundle clients = authority("CN=clients");
        SslContext context = ServerTls.CALLS
                .context(config(write("ca.pem", clients.getCertificatePEM())), () -> now, ticker)
                .orElseThrow();
        // One context and one authority for both calls: the client tries to resume its session.
        SslContext client = client(authority, leaf("CN=known").buildIssuedBy(clients));
        assertThat(call(context, client)).isOne();
        write("ca.pem", authority("CN=others").getCertificatePEM());
        ticker.advance(ReloadingSslContext.LOOK_AGAIN_AFTER);
        assertThatThrownBy(() -> call(context, client)).satisfies(ServerTlsTest::isUnavailable);
    }

    @Test
    void namesFlagAndFileOfAMissingOrInvalidFile() throws IOException {
        Path nowhere = directory.resolve("nowhere");
        isRefused(
                new TlsConfig(Optional.of(nowhere), Optional.of(key), Optional.empty()),
                "--tls-cert " + nowhere + " does not exist; name a file in PEM");
        isRefused(
                new TlsConfig(Optional.of(cert), Optional.of(nowhere), Optional.empty()),
                "--tls-key " + nowhere + " does not exist; name a file in PEM");
        isRefused(config(nowhere), "--tls-client-ca " + nowhere + " does not exist; name a file in PEM");
        isRefused(
                new TlsConfig(Optional.of(directory), Optional.of(key), Optional.empty()),
                "--tls-cert " + directory + " cannot be read (");
        isRefused(
                new TlsConfig(Optional.of(cert), Optional.empty(), Optional.empty()),
                "--tls-key is missing: TLS needs --tls-cert and --tls-key");
        isRefused(
                new TlsConfig(Optional.empty(), Optional.empty(), Optional.of(cert)),
                "--tls-cert is missing: TLS needs --tls-cert and --tls-key");
        write("cert.pem", "garbage");
        isRefused(config(null), "--tls-cert " + cert + " holds no certificate in PEM");
        write("cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        isRefused(config(null), "--tls-cert " + cert + " is damaged");
        Files.write(cert, new byte[(1 << 20) + 1]);
        isRefused(config(null), "--tls-cert " + cert + " is larger than 1 MiB");
    }

    @Test
    void namesTheNextStepForAnUnusableKey() throws Exception {
        write("key.pem", server.getCertificatePEM());
        isRefused(config(null), "--tls-key " + key + " holds no private key in PEM");
        write("key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        isRefused(config(null), "--tls-key " + key + " is damaged, or of a kind that is not read here");
        String body = Base64.getMimeEncoder().encodeToString(new byte[100]);
        for (String type : new String[] {"RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"}) {
            write("key.pem", "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n");
            isRefused(
                    config(null),
                    "--tls-key " + key + " holds a key in the form " + type + ", which is not read here; write it anew"
                            + " with openssl pkcs8 -topk8 -nocrypt -in " + key);
        }
        write("key.pem", leaf("CN=x").buildIssuedBy(authority).getPrivateKeyPEM());
        isRefused(config(null), "--tls-key " + key + " is not the key of the certificate in --tls-cert " + cert);
        write("key.pem", leaf("CN=x").rsa2048().buildIssuedBy(authority).getPrivateKeyPEM());
        isRefused(config(null), "--tls-key " + key + " is not the key of the certificate in --tls-cert " + cert);
    }

    @Test
    void namesTheTimeOfAnInvalidCertificate() throws Exception {
        X509Bundle old = leaf("CN=server")
                .notBefore(now.minus(20, ChronoUnit.DAYS))
                .notAfter(now.minus(1, ChronoUnit.DAYS))
                .buildIssuedBy(authority);
        write("cert.pem", old.getCertificatePathPEM());
        isRefused(
                config(null),
                "--tls-cert " + cert + " has expired: the certificate of CN=server was valid until "
                        + now.minus(1, ChronoUnit.DAYS) + "; renew it");
        X509Bundle early = leaf("CN=server")
                .notBefore(now.plus(1, ChronoUnit.DAYS))
                .notAfter(now.plus(20, ChronoUnit.DAYS))
                .buildIssuedBy(authority);
        write("cert.pem", early.getCertificatePathPEM());
        isRefused(
                config(null),
                "--tls-cert " + cert + " is not valid yet: the certificate of CN=server is valid from "
                        + now.plus(1, ChronoUnit.DAYS) + " on; is the clock right?");
    }

    @Test
    void rejectsAChainInTheWrongOrder() throws Exception {
        write("cert.pem", server.getCertificatePEM() + "\n" + authority.getCertificatePEM());
        assertThat(ServerTls.CALLS.context(config(null), () -> now, ticker)).isPresent();
        write("cert.pem", authority.getCertificatePEM() + "\n" + server.getCertificatePEM());
        isRefused(
                config(null),
                "--tls-cert " + cert + " is not a chain: certificate 1 (CN=authority) is not signed by certificate 2"
                        + " (CN=server)");
    }

    @Test
    void otherMachinesReachAPortOnlyWithTlsOrPermission() throws IOException {
        TlsConfig none = new TlsConfig(Optional.empty(), Optional.empty(), Optional.empty());
        for (String address : new String[] {"127.0.0.1", "127.8.8.8", "::1"}) {
            ListenRules.check(InetAddress.ofLiteral(address), none, ServerTls.CALLS, false);
            assertThat(ListenRules.keysRequired(InetAddress.ofLiteral(address))).isFalse();
        }
        for (String address : new String[] {"0.0.0.0", "::", "192.0.2.1", "2001:db8::1"}) {
            InetAddress parsed = InetAddress.ofLiteral(address);
            assertThat(ListenRules.keysRequired(parsed)).isTrue();
            ListenRules.check(parsed, none, ServerTls.CALLS, true);
            ListenRules.check(parsed, config(null), ServerTls.CALLS, false);
            assertThatThrownBy(() -> ListenRules.check(parsed, none, ServerTls.CALLS, false))
                    .hasMessage("other machines can reach " + parsed.getHostAddress()
                            + ": set --tls-cert and --tls-key, or --insecure-listen on if the traffic is"
                            + " encrypted otherwise");
        }
    }

    private int call(TlsConfig config, X509Bundle trusted, @Nullable X509Bundle client) throws Exception {
        return call(ServerTls.CALLS.context(config, () -> now, ticker).orElseThrow(), trusted, client);
    }

    private int call(SslContext context, X509Bundle trusted, @Nullable X509Bundle client) throws Exception {
        return call(context, client(trusted, client));
    }

    private static SslContext client(X509Bundle trusted, @Nullable X509Bundle client) throws SSLException {
        SslContextBuilder builder = GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
                .trustManager(trusted.getRootCertificate());
        if (client != null) {
            builder.keyManager(client.getKeyPair().getPrivate(), client.getCertificatePath());
        }
        return builder.build();
    }

    private int call(SslContext context, SslContext client) throws Exception {
        Server running = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .channelType(NioServerSocketChannel.class)
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                .sslContext(context)
                .addService(new HealthStatusManager().getHealthService())
                .build()
                .start();
        ManagedChannel channel = NettyChannelBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), running.getPort()))
                .channelType(NioSocketChannel.class)
                .eventLoopGroup(loops)
                .overrideAuthority("localhost:443")
                .sslContext(client)
                .build();
        try {
            return HealthGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .check(HealthCheckRequest.getDefaultInstance())
                    .getStatusValue();
        } finally {
            channel.shutdownNow();
            running.shutdownNow();
        }
    }

    private static void isUnavailable(Throwable failure) {
        assertThat(failure).isInstanceOf(StatusRuntimeException.class);
        assertThat(((StatusRuntimeException) failure).getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    private void isRefused(TlsConfig config, String message) {
        assertThatThrownBy(() -> ServerTls.CALLS.context(config, () -> now, ticker))
                .hasMessageStartingWith(message)
                .hasMessageNotContaining("\n")
                .satisfies(failure ->
                        assertThat(((NeuroVisorException) failure).fault()).isEqualTo(Fault.INVALID_ARGUMENT));
    }

    private TlsConfig config(@Nullable Path clientCa) {
        return new TlsConfig(Optional.of(cert), Optional.of(key), Optional.ofNullable(clientCa));
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content);
    }

    private static X509Bundle authority(String subject) throws Exception {
        return new CertificateBuilder()
                .subject(subject)
                .setIsCertificateAuthority(true)
                .setKeyUsage(true, CertificateBuilder.KeyUsage.keyCertSign)
                .buildSelfSigned();
    }

    private static CertificateBuilder leaf(String subject) {
        return new CertificateBuilder().subject(subject).addSanDnsName("localhost");
    }
}
