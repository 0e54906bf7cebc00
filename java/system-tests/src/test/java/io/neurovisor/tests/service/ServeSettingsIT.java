package io.neurovisor.tests.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.runner.ShortTier;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests settings whose effect only a running daemon shows. */
final class ServeSettingsIT {
    private static final int LARGE = 1 << 20;
    private static final Pattern HTTP_PORT = Pattern.compile(".*clients on https://\\S*?:(\\d+).*");

    @TempDir
    private Path directory;

    private X509Bundle authority;

    @BeforeEach
    void vouch() throws Exception {
        authority = new CertificateBuilder()
                .subject("CN=authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
    }

    @ShortTier
    @Test
    void remotePortRequiresCertificateAndKey() throws Exception {
        X509Bundle server = issued("server");
        Path data = DataDirectories.ready(directory);
        String key = key("keys", "create", "certified", "--scopes=execute", "--data-dir=" + data);
        Path audit = Files.createDirectory(data.resolve("audit"));
        Files.writeString(audit.resolve("audit.jsonl"), "#".repeat(LARGE / 5) + "\n");
        Files.writeString(audit.resolve("audit-1.jsonl"), "#".repeat(LARGE) + "\n");
        try (RunningDaemon daemon = RunningDaemon.start(
                directory,
                "--warm=0",
                "--listen=0.0.0.0",
                "--http-listen=0.0.0.0",
                "--http-port=0",
                "--data-dir=" + data,
                "--audit-max=1M",
                "--log-format=auto",
                "--tls-cert=" + Files.writeString(directory.resolve("cert"), server.getCertificatePathPEM()),
                "--tls-key=" + Files.writeString(directory.resolve("key"), server.getPrivateKeyPEM()),
                "--tls-client-ca=" + Files.writeString(directory.resolve("ca"), authority.getCertificatePEM()))) {
            assertThat(daemon.messages()).allMatch(line -> line.startsWith("{\"") && line.endsWith("}"));

            assertThat(served(daemon, certified(), key)).isEqualTo(Status.Code.OK);
            assertThat(served(daemon, certified(), "nvk_wrong")).isEqualTo(Status.Code.UNAUTHENTICATED);
            assertThat(served(daemon, GrpcSslContexts.forClient(), key)).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(codeOf(daemon.channel())).as("without TLS").isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(httpStatus(daemon)).isEqualTo(401);

            assertThat(audit.resolve("audit-1.jsonl")).hasSize(LARGE / 5 + 1);
            assertThat(audit.resolve("audit-2.jsonl")).doesNotExist();
        }
    }

    /** Returns the status of a request without a key to the HTTP port, which needs the same certificates. */
    private int httpStatus(RunningDaemon daemon) throws Exception {
        String port = daemon.awaitMessage(HTTP_PORT, Duration.ofMinutes(1)).group(1);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                issued("client").toKeyManagerFactory().getKeyManagers(),
                authority.toTrustManagerFactory().getTrustManagers(),
                null);
        try (HttpClient client = HttpClient.newBuilder().sslContext(context).build()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/v2/sandboxes"))
                                    .build(),
                            BodyHandlers.discarding())
                    .statusCode();
        }
    }

    private SslContextBuilder certified() throws Exception {
        return GrpcSslContexts.forClient().keyManager(issued("client").toKeyManagerFactory());
    }

    private Status.Code served(RunningDaemon daemon, SslContextBuilder context, String key) throws Exception {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key);
        ManagedChannel channel = NettyChannelBuilder.forAddress("localhost", daemon.port())
                .sslContext(context.trustManager(authority.getCertificate()).build())
                .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
                .build();
        try {
            return codeOf(channel);
        } finally {
            channel.shutdownNow();
        }
    }

    private static String key(String... command) {
        CommandLineRun made = CommandLineRun.of(command);
        assertThat(made.exitCode()).as(made.stderr()).isZero();
        String line = made.stdout()
                .lines()
                .filter(some -> some.contains("nvk_"))
                .findFirst()
                .orElseThrow();
        return line.substring(line.indexOf("nvk_")).strip();
    }

    @Test
    void rejectsUnencryptedRemotePorts() {
        for (String option : List.of("--listen=0.0.0.0", "--metrics-listen=0.0.0.0", "--http-listen=0.0.0.0")) {
            CommandLineRun refused = CommandLineRun.await(RunningDaemon.launch(directory, option, "--http-port=0"));
            assertThat(refused.exitCode()).isEqualTo(2);
            assertThat(refused.stderr()).contains("other machines can reach 0.0.0.0", "--insecure-listen");
        }

        try (RunningDaemon daemon =
                RunningDaemon.start(directory, "--warm=0", "--listen=0.0.0.0", "--insecure-listen=on")) {
            // Without TLS, but never without a key.
            assertThat(codeOf(daemon.channel())).isEqualTo(Status.Code.UNAUTHENTICATED);
            CommandLineRun own = RunningDaemon.runBy(directory, "run", "-l", "sh", "-c", "echo 42");
            assertThat(own.stdout()).as(own.stderr()).isEqualTo("42\n");
        }
    }

    @Test
    void loopbackCallersNeedAKeyIfRequired() {
        try (RunningDaemon daemon = RunningDaemon.start(directory, "--warm=0", "--require-keys=on")) {
            assertThat(codeOf(daemon.channel())).isEqualTo(Status.Code.UNAUTHENTICATED);
            CommandLineRun own = RunningDaemon.runBy(directory, "run", "-l", "sh", "-c", "echo 42");
            assertThat(own.stdout()).as(own.stderr()).isEqualTo("42\n");
        }
    }

    private X509Bundle issued(String name) throws Exception {
        return new CertificateBuilder()
                .subject("CN=" + name)
                .addSanDnsName("localhost")
                .buildIssuedBy(authority);
    }

    private static Status.Code codeOf(ManagedChannel channel) {
        ExecuteRequest request =
                ExecuteRequest.newBuilder().setLanguage("sh").setCode("echo 42").build();
        try {
            assertThat(ExecutionServiceGrpc.newBlockingStub(channel)
                            .execute(request)
                            .getStdout())
                    .isEqualTo("42\n");
            return Status.Code.OK;
        } catch (StatusRuntimeException refusal) {
            return refusal.getStatus().getCode();
        }
    }
}
