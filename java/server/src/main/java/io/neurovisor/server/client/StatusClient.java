package io.neurovisor.server.client;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
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
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks the daemon at a metrics port what it is doing. Whatever serves there has {@link #LIMIT} for all of its answer, and
 * {@link #MOST_BYTES}; anything but a daemon's own answer is the fault {@link Fault#DAEMON_MISSING}.
 */
public final class StatusClient {
    static final Duration LIMIT = Duration.ofSeconds(5);
    static final long MOST_BYTES = 4 << 20;

    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);
    private static final int OK = 200;

    private final String address;

    /** @param listen where the daemon listens; where that is everywhere, it is asked on the loopback address */
    public StatusClient(InetAddress listen, int port) {
        requireNonNull(listen, "listen is null");
        if (port == 0) {
            throw NeuroVisorException.invalid(
                    "metrics-port",
                    "port 0 is any that is free; say with --metrics-port which one the daemon has named");
        }
        String host = (listen.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : listen).getHostAddress();
        this.address = (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    /** Host and port that are asked. */
    public String address() {
        return address;
    }

    public Overview ask() {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address + "/status.json"))
                .timeout(LIMIT)
                .build();
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_LIMIT)
                .proxy(HttpClient.Builder.NO_PROXY)
                .build();
        try {
            HttpResponse<String> response = client.sendAsync(
                            request, BodyHandlers.limiting(BodyHandlers.ofString(StandardCharsets.UTF_8), MOST_BYTES))
                    .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() != OK) {
                throw missing("answers with status " + response.statusCode(), null);
            }
            return OverviewJson.read(response.body());
        } catch (ExecutionException exception) {
            throw missing(reason(exception), exception);
        } catch (TimeoutException exception) {
            throw missing("has not answered within " + LIMIT.toSeconds() + " s", exception);
        } catch (IOException exception) {
            throw missing("answers with something else", exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new NeuroVisorException(Fault.INTERRUPTED, "interrupted while asking the daemon", exception);
        } finally {
            // An answer that is still coming would hold up a mere close.
            client.shutdownNow();
        }
    }

    private static String reason(ExecutionException exception) {
        Throwable cause = exception.getCause();
        if (cause instanceof java.net.ConnectException) {
            return "is not there";
        }
        return cause instanceof java.net.http.HttpTimeoutException
                ? "has not answered within " + LIMIT.toSeconds() + " s"
                : "does not answer as one";
    }

    private NeuroVisorException missing(String what, @Nullable Exception cause) {
        return new NeuroVisorException(
                Fault.DAEMON_MISSING,
                "a daemon at http://" + address + " " + what
                        + "; start one with neurovisor serve, or say where it is with --metrics-listen and --metrics-port",
                cause);
    }
}
