package io.neurovisor.server.access.tls;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.config.AccessConfig;
import io.neurovisor.server.config.MetricsConfig;
import io.neurovisor.server.config.TlsConfig;
import io.neurovisor.server.setting.Setting;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/**
 * Builds TLS contexts from the files that the user names. Called before a port is opened, so that an invalid file fails
 * the start.
 */
public enum ServerTls {
    CALLS(AccessConfig.TLS_CERT, AccessConfig.TLS_KEY),
    METRICS(MetricsConfig.METRICS_TLS_CERT, MetricsConfig.METRICS_TLS_KEY);

    private final String certFlag;
    private final String keyFlag;

    ServerTls(Setting<?> cert, Setting<?> key) {
        this.certFlag = cert.flag();
        this.keyFlag = key.flag();
    }

    String flags() {
        return certFlag + " and " + keyFlag;
    }

    /**
     * Returns the context of a server, which reloads changed files. Empty if TLS is not configured.
     *
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} with flag, file and next step for the first invalid file
     */
    public Optional<SslContext> context(TlsConfig config, InstantSource clock, Ticker ticker) {
        return reloading(config, clock, ticker).map(SslContext.class::cast);
    }

    /** Supplies the context of the files' present content to a server that is not Netty's. As {@link #context} otherwise. */
    public Optional<Supplier<SSLContext>> contexts(TlsConfig config, InstantSource clock, Ticker ticker) {
        return reloading(config, clock, ticker).map(context -> context::ofTheJdk);
    }

    private Optional<ReloadingSslContext> reloading(TlsConfig config, InstantSource clock, Ticker ticker) {
        List<Path> files = Stream.of(config.cert(), config.key(), config.clientCa())
                .flatMap(Optional::stream)
                .toList();
        return config.isWanted()
                ? Optional.of(new ReloadingSslContext(files, () -> made(config, clock.instant()), ticker))
                : Optional.empty();
    }

    private SslContext made(TlsConfig config, Instant now) {
        PemFile certificates = file(config.cert(), certFlag);
        PemFile keys = file(config.key(), keyFlag);
        List<X509Certificate> chain = new CertificateFile(certificates).chain(now);
        PrivateKey privateKey = new KeyFile(keys).matching(chain.getFirst().getPublicKey(), certificates);
        // The JDK's TLS, so that no native code parses data of unauthenticated clients.
        SslContextBuilder builder = configured(SslContextBuilder.forServer(privateKey, chain));
        config.clientCa()
                .map(path -> new CertificateFile(new PemFile(AccessConfig.TLS_CLIENT_CA.flag(), path)))
                .ifPresent(file -> builder.trustManager(file.certificates(now)).clientAuth(ClientAuth.REQUIRE));
        try {
            return builder.protocols("TLSv1.3", "TLSv1.2").build();
        } catch (SSLException | IllegalArgumentException exception) {
            throw certificates.fault("cannot be served: " + exception.getMessage() + "; make another", exception);
        }
    }

    private SslContextBuilder configured(SslContextBuilder builder) {
        return switch (this) {
            case CALLS -> GrpcSslContexts.configure(builder, SslProvider.JDK);
            case METRICS -> builder.sslProvider(SslProvider.JDK);
        };
    }

    private PemFile file(Optional<Path> path, String flag) {
        return path.map(given -> new PemFile(flag, given))
                .orElseThrow(() ->
                        new NeuroVisorException(Fault.INVALID_ARGUMENT, flag + " is missing: TLS needs " + flags()));
    }
}
