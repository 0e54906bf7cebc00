package io.neurovisor.tests.e2b;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;

/** One of the two that answer the requests of the table, in its order. */
final class OracleSide implements AutoCloseable {
    /** For each request, in an emulated guest. */
    private static final long LIMIT_SECONDS = 60;

    private static final int OK = 200;
    private static final String TYPE = "content-type";

    /** Those that clients read. */
    private static final List<String> HEADERS =
            List.of(TYPE, "content-encoding", "content-range", "content-disposition", "access-control-allow-origin");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String address;
    private final Map<String, String> headers;
    private final OracleVariables variables;
    private final Map<String, OpenStream> streams = new HashMap<>();

    private record OpenStream(OracleMessages messages, HttpResponse<InputStream> response) {}

    /**
     * @param token of all requests that bring none
     * @param headers of all requests, too
     */
    OracleSide(String address, String token, Map<String, String> headers) {
        this.address = address;
        this.headers = new TreeMap<>(headers);
        this.headers.put("x-access-token", token);
        this.variables = new OracleVariables(token);
    }

    Map<String, OracleAnswer> answers(List<OracleRequest> requests) {
        Map<String, OracleAnswer> answers = new LinkedHashMap<>();
        for (OracleRequest request : requests) {
            OracleAnswer answer = inTime(request);
            variables.keep(request.name(), answer);
            answers.put(request.name(), answer);
        }
        return answers;
    }

    private OracleAnswer inTime(OracleRequest request) {
        FutureTask<OracleAnswer> task = new FutureTask<>(() -> answer(request));
        Thread _ = Thread.ofVirtual().start(task);
        try {
            return task.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException exception) {
            throw new AssertionError("%s of %s was not answered".formatted(request.name(), address), exception);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", interrupt);
        }
    }

    private OracleAnswer answer(OracleRequest request) throws IOException, InterruptedException {
        if (request.verb().equals("await")) {
            OpenStream stream = requireNonNull(streams.get(request.target()), request.target());
            try (InputStream _ = stream.response().body()) {
                return OracleAnswer.of(OK, Map.of(), read(stream, request.until()));
            }
        }
        Optional<OracleMessages> messages = OracleMessages.of(request);
        HttpResponse<InputStream> response = client.send(request(request, messages), BodyHandlers.ofInputStream());
        Map<String, String> known = new TreeMap<>();
        HEADERS.forEach(name -> response.headers()
                .firstValue(name)
                .filter(value -> !value.isEmpty())
                .ifPresent(value -> known.put("header " + name, value.replaceFirst(";? ?charset=.*", ""))));
        boolean isStream = known.getOrDefault("header " + TYPE, "").startsWith("application/connect+");
        List<String> received;
        if (isStream) {
            OpenStream stream = new OpenStream(messages.orElseGet(OracleMessages::ofAny), response);
            streams.put(request.name(), stream);
            // The first message, of any content, says that it has begun.
            received = read(stream, request.has("open") && request.until().isEmpty() ? "{" : request.until());
        } else {
            received = new ArrayList<>(List.of(text(response, messages)));
            received.remove("");
        }
        return request.until().isEmpty() || isStream
                ? OracleAnswer.of(response.statusCode(), known, received)
                : repeated(request, messages, received);
    }

    private HttpRequest request(OracleRequest request, Optional<OracleMessages> messages) throws IOException {
        Map<String, String> all = new TreeMap<>(headers);
        byte[] body;
        if (messages.isPresent()) {
            all.put(TYPE, messages.get().contentType());
            all.put("connect-protocol-version", "1");
            body = messages.get().body(variables.in(request.body()));
        } else {
            body = OracleBytes.unescaped(variables.in(request.body()));
        }
        if (request.has("gzip")) {
            all.put("content-encoding", "gzip");
            body = OracleBytes.gzipped(body);
        }
        all.putAll(request.headers());
        String path = messages.map(OracleMessages::path).orElse(request.target());
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(address + variables.in(path)))
                .method(messages.isPresent() ? "POST" : request.verb(), BodyPublishers.ofByteArray(body));
        all.forEach((name, value) -> {
            if (!value.isEmpty()) {
                builder.header(name, variables.in(value));
            }
        });
        return builder.build();
    }

    /** Reads to the end of a stream, or to the message with a text. */
    private static List<String> read(OpenStream stream, String until) throws IOException {
        List<String> received = new ArrayList<>();
        InputStream body = stream.response().body();
        Optional<String> next = stream.messages().next(body);
        while (next.isPresent()) {
            received.add(next.get());
            next = until.isEmpty() || !next.get().contains(until)
                    ? stream.messages().next(body)
                    : Optional.empty();
        }
        return received;
    }

    private static String text(HttpResponse<InputStream> response, Optional<OracleMessages> messages)
            throws IOException {
        byte[] body;
        try (InputStream stream = response.body()) {
            body = stream.readAllBytes();
        }
        if (response.headers().firstValue("content-encoding").orElse("").equals("gzip")) {
            body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
        }
        boolean isMessage = messages.isPresent() && response.statusCode() == OK;
        return isMessage ? messages.get().decoded(body) : new String(body, StandardCharsets.ISO_8859_1);
    }

    /** Fetches the events of a watcher again until one has a text, as if they were those of a stream. */
    private OracleAnswer repeated(OracleRequest request, Optional<OracleMessages> messages, List<String> first)
            throws IOException, InterruptedException {
        List<String> events = new ArrayList<>();
        String received = first.getFirst();
        while (true) {
            for (JsonNode event : JSON.readTree(received).path("events")) {
                events.add("{\"filesystem\":" + event + "}");
            }
            if (received.contains(request.until())) {
                return OracleAnswer.of(OK, Map.of(), events);
            }
            received = text(client.send(request(request, messages), BodyHandlers.ofInputStream()), messages);
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
