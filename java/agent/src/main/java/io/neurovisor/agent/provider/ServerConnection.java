package io.neurovisor.agent.provider;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.engine.time.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An HTTP client for one model server in which each wait has a timeout. An interrupt cancels the request. */
record ServerConnection(ServerAddress address, ReadTimeouts timeouts, Deadline deadline) {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_ERROR_BYTES = 64 << 10;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Shared, because it owns threads and connections. HTTP/1.1 only: model servers do not support the upgrade to HTTP/2. */
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();

    /**
     * The timeouts for a silent server.
     *
     * @param first before the first byte: the server may have to load the model and read a long conversation
     * @param next between two chunks
     */
    record ReadTimeouts(Duration first, Duration next) {
        static final ReadTimeouts USUAL = new ReadTimeouts(Duration.ofMinutes(5), Duration.ofSeconds(60));
    }

    InputStream post(String url, Map<String, List<String>> headers, String body) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url)).POST(HttpRequest.BodyPublishers.ofString(body));
        headers.forEach((name, values) -> values.forEach(value -> request.header(name, value)));
        return open(request);
    }

    /** Sends a GET request and returns the body. */
    String get(String path) {
        return get(address, path);
    }

    /** Sends a GET request to another address of the server and returns the body. */
    String get(ServerAddress place, String path) {
        return read(HttpRequest.newBuilder(place.resolve(path)).GET());
    }

    /** Sends a POST request with a JSON body and returns the body of the response. */
    String post(String path, String body) {
        return read(HttpRequest.newBuilder(address.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Parses a response as a JSON object; throws a failure with the message {@code otherwise} if it is not one. */
    JsonNode object(String text, String otherwise) {
        try {
            JsonNode node = JSON.readTree(text);
            if (node != null && node.isObject()) {
                return node;
            }
        } catch (JsonProcessingException exception) {
            // Reported below.
        }
        throw failure(ModelFailure.Reason.REFUSED, otherwise);
    }

    ModelFailure failure(ModelFailure.Reason reason, String what) {
        return new ModelFailure(reason, address.shown() + ": " + address.withoutKey(what));
    }

    private String read(HttpRequest.Builder request) {
        address.apiKey().ifPresent(key -> request.header("Authorization", "Bearer " + key));
        try (InputStream stream = open(request)) {
            return new String(stream.readNBytes(4 << 20), StandardCharsets.UTF_8);
        } catch (ReplyStream.Ended ended) {
            throw failure(ended.reason(), ConnectionFailures.cause(ended));
        } catch (IOException exception) {
            throw failure(ModelFailure.Reason.BROKEN_STREAM, ConnectionFailures.cause(exception));
        }
    }

    private InputStream open(HttpRequest.Builder request) {
        Duration limit = min(timeouts.first(), deadline.remaining());
        CompletableFuture<HttpResponse<InputStream>> answer =
                CLIENT.sendAsync(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try {
            // Not the timeout of the request: it includes the body from JDK 26 on.
            HttpResponse<InputStream> response = answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
            ReplyStream stream = new ReplyStream(response.body(), timeouts, deadline);
            if (response.statusCode() / 100 != 2) {
                throw refused(response, errorBody(stream));
            }
            return stream;
        } catch (InterruptedException exception) {
            boolean _ = answer.cancel(true);
            throw new ModelFailure(ModelFailure.Reason.CANCELLED, "cancelled", exception);
        } catch (TimeoutException exception) {
            boolean _ = answer.cancel(true);
            throw deadline.hasPassed()
                    ? failure(ModelFailure.Reason.OUT_OF_TIME, "the time for the whole run is over")
                    : failure(ModelFailure.Reason.STALLED, "no answer within " + limit.toSeconds() + " s");
        } catch (ExecutionException exception) {
            throw new ModelFailure(
                    ConnectionFailures.reason(exception),
                    address.shown() + ": " + ConnectionFailures.cause(exception),
                    exception.getCause());
        }
    }

    private ModelFailure refused(HttpResponse<?> response, String body) {
        int status = response.statusCode();
        ModelFailure.Reason reason = ConnectionFailures.reason(status, body);
        String said = ServerErrors.message(address.withoutKey(body));
        String what = "HTTP " + status + (said.isEmpty() ? "" : ": " + said);
        Duration retryAfter = response.headers()
                .firstValue("Retry-After")
                .flatMap(ServerConnection::seconds)
                .orElse(Duration.ZERO);
        return new ModelFailure(reason, address.shown() + ": " + what, retryAfter, null);
    }

    private static String errorBody(ReplyStream stream) {
        try (stream) {
            return new String(stream.readNBytes(MAX_ERROR_BYTES), StandardCharsets.UTF_8);
        } catch (IOException exception) {
            return "";
        }
    }

    private static Optional<Duration> seconds(String text) {
        return text.matches("\\d{1,6}") ? Optional.of(Duration.ofSeconds(Long.parseLong(text))) : Optional.empty();
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
