package io.neurovisor.server.client;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.config.MetricsConfig;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.OverviewJson;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Asks a daemon's metrics port for its status. The response must be complete within {@link #LIMIT} and {@link
 * #MOST_BYTES}; anything but a daemon's response is the fault {@link Fault#DAEMON_MISSING}.
 */
public final class StatusClient {
    static final Duration LIMIT = Duration.ofSeconds(5);
    static final long MOST_BYTES = 4 << 20;

    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);
    private static final int OK = 200;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;

    private final String url;
    private final Optional<Path> certificate;
    private final Optional<String> key;

    /**
     * Creates a client for the daemon with these settings.
     *
     * @param daemon its address; a wildcard address is replaced by loopback
     * @param key sent to the daemon; empty for none
     */
    public StatusClient(MetricsConfig daemon, Optional<String> key) {
        InetAddress listen = daemon.listen();
        int port = daemon.port();
        if (port == 0) {
            throw NeuroVisorException.invalid(
                    "metrics-port",
                    "port 0 means any free port; set --metrics-port to the one that the daemon has reported");
        }
        String host = (listen.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : listen).getHostAddress();
        this.certificate = daemon.tlsCert();
        this.key = key;
        this.url = (certificate.isPresent() ? "https" : "http") + "://" + (host.contains(":") ? "[" + host + "]" : host)
                + ":" + port;
    }

    public String url() {
        return url;
    }

    public Overview ask() {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url + "/status.json")).timeout(LIMIT);
        key.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
        HttpClient client = client();
        try {
            HttpResponse<String> response = client.sendAsync(
                            request.build(),
                            BodyHandlers.limiting(BodyHandlers.ofString(StandardCharsets.UTF_8), MOST_BYTES))
                    .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() == UNAUTHORIZED || response.statusCode() == FORBIDDEN) {
                throw new NeuroVisorException(
                        Fault.DAEMON_MISSING,
                        "a daemon at " + url
                                + " requires a key with the scope metrics; name a file that contains one with --key-file");
            }
            if (response.statusCode() != OK) {
                throw missing("responds with status " + response.statusCode(), null);
            }
            return OverviewJson.read(response.body());
        } catch (ExecutionException exception) {
            throw missing(reason(exception), exception);
        } catch (TimeoutException exception) {
            throw missing("has not responded within " + LIMIT.toSeconds() + " s", exception);
        } catch (IOException exception) {
            throw missing("responds with something else", exception);
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("interrupted while asking the daemon", exception);
        } finally {
            // A plain close would wait for an incomplete response.
            client.shutdownNow();
        }
    }

    private HttpClient client() {
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_LIMIT)
                .proxy(HttpClient.Builder.NO_PROXY);
        certificate.ifPresent(
                file -> builder.sslContext(PinnedCertificate.context(file, MetricsConfig.METRICS_TLS_CERT.flag())));
        return builder.build();
    }

    private static String reason(ExecutionException exception) {
        Throwable cause = exception.getCause();
        if (cause instanceof java.net.ConnectException) {
            return "refuses connections";
        }
        if (cause instanceof SSLException) {
            return "does not serve TLS with the certificate that " + MetricsConfig.METRICS_TLS_CERT.flag() + " names";
        }
        return cause instanceof java.net.http.HttpTimeoutException
                ? "has not responded within " + LIMIT.toSeconds() + " s"
                : "does not respond like a daemon";
    }

    private NeuroVisorException missing(String what, @Nullable Exception cause) {
        return new NeuroVisorException(
                Fault.DAEMON_MISSING,
                url + " " + what
                        + "; start a daemon with neurovisor serve, or set its address with --metrics-listen and --metrics-port",
                cause);
    }
}
