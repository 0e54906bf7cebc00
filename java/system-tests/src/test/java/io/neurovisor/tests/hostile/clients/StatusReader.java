package io.neurovisor.tests.hostile.clients;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Reads the metrics port of a daemon, with key and encryption if required. */
final class StatusReader implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String IN_FLIGHT = "neurovisor_requests_in_flight ";

    private final HttpClient client;
    private final String address;
    private final String secret;

    StatusReader(int port, Optional<Encryption> encryption, String secret) {
        HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
        encryption.ifPresent(certificates -> builder.sslContext(certificates.context()));
        this.client = builder.connectTimeout(LIMIT).build();
        this.address = (encryption.isPresent() ? "https" : "http") + "://127.0.0.1:" + port;
        this.secret = secret;
    }

    /** Returns the response of the daemon, whatever its status. */
    String get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + path))
                .header("Authorization", "Bearer " + secret)
                .timeout(LIMIT)
                .build();
        return client.send(request, BodyHandlers.ofString()).body();
    }

    List<String> metrics() throws IOException, InterruptedException {
        return get("/metrics").lines().toList();
    }

    /** Returns the number of gRPC calls in flight. */
    int callsInFlight() throws IOException, InterruptedException {
        return metrics().stream()
                .filter(line -> line.startsWith(IN_FLIGHT))
                .mapToInt(line -> (int) Double.parseDouble(line.substring(IN_FLIGHT.length())))
                .findFirst()
                .orElseThrow(() -> new IOException("/metrics has no " + IN_FLIGHT));
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
