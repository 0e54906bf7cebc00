package io.neurovisor.agent.provider;

import static java.util.Objects.requireNonNull;

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

/** HTTP to one model server, with an end to each wait. An interruption breaks the request off. */
final class ServerConnection {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_ERROR_BYTES = 64 << 10;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Shared: it has threads, and keeps connections open. HTTP/2's upgrade is nothing that these servers know. */
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();

    private final ServerAddress address;
    private final Patience patience;
    private final Deadline deadline;

    /**
     * How long a server may be silent.
     *
     * @param first before its first byte: it may have to load the model and to read a long conversation
     * @param next between two pieces
     */
    record Patience(Duration first, Duration next) {
        static final Patience USUAL = new Patience(Duration.ofMinutes(5), Duration.ofSeconds(60));
    }

    ServerConnection(ServerAddress address, Patience patience, Deadline deadline) {
        this.address = requireNonNull(address, "address is null");
        this.patience = requireNonNull(patience, "patience is null");
        this.deadline = requireNonNull(deadline, "deadline is null");
    }

    InputStream post(String url, Map<String, List<String>> headers, String body) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url)).POST(HttpRequest.BodyPublishers.ofString(body));
        headers.forEach((name, values) -> values.forEach(value -> request.header(name, value)));
        return open(request);
    }

    /** The whole answer of a short request. */
    String get(String path) {
        return get(address, path);
    }

    /** The same at another place of the server's. */
    String get(ServerAddress place, String path) {
        return read(HttpRequest.newBuilder(place.resolve(path)).GET());
    }

    /** The whole answer of a short request with a body of JSON. */
    String post(String path, String body) {
        return read(HttpRequest.newBuilder(address.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** An answer as the JSON object that it must be; {@code otherwise} says what the server is not. */
    JsonNode object(String text, String otherwise) {
        try {
            JsonNode node = JSON.readTree(text);
            if (node != null && node.isObject()) {
                return node;
            }
        } catch (JsonProcessingException exception) {
            // As below.
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
            throw failure(ended.reason(), Failed.cause(ended));
        } catch (IOException exception) {
            throw failure(ModelFailure.Reason.BROKEN_STREAM, Failed.cause(exception));
        }
    }

    private InputStream open(HttpRequest.Builder request) {
        ReplyStream stream = new ReplyStream(patience.first(), patience.next(), deadline);
        CompletableFuture<HttpResponse.ResponseInfo> head = new CompletableFuture<>();
        // The response itself is there only with the body's end, however its subscriber answers; the head comes here.
        CompletableFuture<HttpResponse<ReplyStream>> answer = CLIENT.sendAsync(request.build(), info -> {
            head.complete(info);
            return stream;
        });
        CompletableFuture<HttpResponse<ReplyStream>> _ = answer.whenComplete((_, error) -> {
            if (error != null) {
                head.completeExceptionally(error);
            }
        });
        HttpResponse.ResponseInfo info = await(head, answer, stream);
        if (info.statusCode() / 100 != 2) {
            throw refused(info, errorBody(stream));
        }
        return stream;
    }

    private HttpResponse.ResponseInfo await(
            CompletableFuture<HttpResponse.ResponseInfo> head, CompletableFuture<?> answer, ReplyStream stream) {
        Duration limit = min(patience.first(), deadline.remaining());
        try {
            return head.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException exception) {
            abandon(answer, stream);
            throw new ModelFailure(ModelFailure.Reason.CANCELLED, "cancelled", exception);
        } catch (TimeoutException exception) {
            abandon(answer, stream);
            throw deadline.hasPassed()
                    ? failure(ModelFailure.Reason.OUT_OF_TIME, "the time for the whole run is over")
                    : failure(ModelFailure.Reason.STALLED, "no answer within " + limit.toSeconds() + " s");
        } catch (ExecutionException exception) {
            throw new ModelFailure(
                    Failed.reason(exception), address.shown() + ": " + Failed.cause(exception), exception.getCause());
        }
    }

    private static void abandon(CompletableFuture<?> answer, ReplyStream stream) {
        boolean _ = answer.cancel(true);
        stream.close();
    }

    private ModelFailure refused(HttpResponse.ResponseInfo response, String body) {
        int status = response.statusCode();
        ModelFailure.Reason reason = Failed.reason(status, body);
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
