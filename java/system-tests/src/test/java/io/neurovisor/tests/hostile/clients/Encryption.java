package io.neurovisor.tests.hostile.clients;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.SslContext;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/** The certificates of an encrypting daemon, and clients that trust them. */
final class Encryption {
    private final Path certificate;
    private final Path key;
    private final SslContext grpcContext;
    private final SSLContext context;

    private Encryption(Path certificate, Path key, SslContext grpcContext, SSLContext context) {
        this.certificate = certificate;
        this.key = key;
        this.grpcContext = grpcContext;
        this.context = context;
    }

    /** Creates certificates and writes that of the server into the directory. */
    static Encryption in(Path directory) throws Exception {
        X509Bundle authority = new CertificateBuilder()
                .subject("CN=authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        X509Bundle server = new CertificateBuilder()
                .subject("CN=server")
                .addSanDnsName("localhost")
                .addSanIpAddress("127.0.0.1")
                .buildIssuedBy(authority);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {authority.toTrustManager()}, null);
        return new Encryption(
                Files.writeString(directory.resolve("certificate"), server.getCertificatePathPEM()),
                Files.writeString(directory.resolve("key"), server.getPrivateKeyPEM()),
                GrpcSslContexts.forClient()
                        .trustManager(authority.getCertificate())
                        .build(),
                context);
    }

    /** Returns the options of a daemon that encrypts both ports and requires keys at both. */
    List<String> options() {
        return List.of(
                "--require-keys=on",
                "--tls-cert=" + certificate,
                "--tls-key=" + key,
                "--metrics-require-keys=on",
                "--metrics-tls-cert=" + certificate,
                "--metrics-tls-key=" + key);
    }

    SslContext grpcContext() {
        return grpcContext;
    }

    SSLContext context() {
        return context;
    }

    /** Opens a connection that offers these protocols; its handshake has not begun. */
    SSLSocket connect(int port, String... protocols) {
        try {
            SSLSocket socket =
                    (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(protocols);
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(60_000);
            return socket;
        } catch (SSLException exception) {
            throw new AssertionError(exception);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
