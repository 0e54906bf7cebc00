package io.neurovisor.bench.sandbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.bench.measure.Requirement;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/** A sandbox as E2B's clients use it: created by the control plane, used by envd. Steps return their milliseconds. */
public final class E2bSandbox implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LIFE_SECONDS = 3600;
    private static final String ENVD_PORT = "49983";

    /** Shared with {@link ServedSandbox}: each contender removes what the other has written, so that a small guest has room. */
    private static final String DIRECTORY = "/home/user/bench";

    private static final String FILE = DIRECTORY + "/e2b";

    /** Of a message: one byte of flags, four of its length. */
    private static final int ENVELOPE_BYTES = 5;

    private static final int CREATED = 201;

    private final Api api;
    private final String id;
    private final String token;

    private E2bSandbox(Api api, String id, String token) {
        this.api = api;
        this.id = id;
        this.token = token;
    }

    /** The address and the key of the API. */
    public record Api(HttpClient client, String address, String key) {
        public static Api of(String address, String key) {
            return new Api(
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build(), address, key);
        }

        private HttpRequest.Builder request(String path) {
            return HttpRequest.newBuilder(URI.create(address + path)).header("X-API-KEY", key);
        }

        private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> body) {
            try {
                return client.send(request, body);
            } catch (IOException exception) {
                throw new NeuroVisorException(
                        Fault.TOOL_FAILED, request.uri() + " failed: " + exception.getMessage(), exception);
            } catch (InterruptedException interrupt) {
                throw NeuroVisorException.interrupted("cancelled", interrupt);
            }
        }
    }

    public static E2bSandbox create(Api api) {
        HttpResponse<byte[]> response = api.send(
                api.request("/sandboxes")
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofByteArray(
                                bytes(Map.of("templateID", "base", "timeout", LIFE_SECONDS, "secure", true))))
                        .build(),
                BodyHandlers.ofByteArray());
        Requirement.hold(response.statusCode() == CREATED, "a sandbox was refused: " + response.statusCode());
        JsonNode created = json(response.body());
        return new E2bSandbox(
                api,
                created.path("sandboxID").asText(),
                created.path("envdAccessToken").asText());
    }

    /** Creates a sandbox, kills it, and returns the milliseconds from the request to the answer. */
    public static double timedCreation(Api api) {
        long beganNanos = System.nanoTime();
        E2bSandbox sandbox = create(api);
        double millis = millisSince(beganNanos);
        sandbox.close();
        return millis;
    }

    public String id() {
        return id;
    }

    private HttpRequest.Builder request(String path) {
        return api.request(path)
                .header("E2b-Sandbox-Id", id)
                .header("E2b-Sandbox-Port", ENVD_PORT)
                .header("X-Access-Token", token);
    }

    /** Asks for the health of the sandbox, which is answered without a body. */
    public double health() {
        long beganNanos = System.nanoTime();
        HttpResponse<Void> response = api.send(request("/health").build(), BodyHandlers.discarding());
        double millis = millisSince(beganNanos);
        Requirement.hold(response.statusCode() == 204, "/health answered " + response.statusCode());
        return millis;
    }

    /** Runs a program that must succeed, until its end has arrived, and counts what it prints. */
    public double run(String command, List<String> arguments, int expectedBytes) {
        byte[] message = bytes(Map.of("process", Map.of("cmd", command, "args", arguments)));
        ByteBuffer body = ByteBuffer.allocate(ENVELOPE_BYTES + message.length);
        body.put((byte) 0).putInt(message.length).put(message);
        HttpRequest request = request("/process.Process/Start")
                .header("Content-Type", "application/connect+json")
                .POST(BodyPublishers.ofByteArray(body.array()))
                .build();
        long beganNanos = System.nanoTime();
        long printed = 0;
        boolean succeeded = false;
        try (InputStream stream =
                api.send(request, BodyHandlers.ofInputStream()).body()) {
            for (byte[] head = stream.readNBytes(ENVELOPE_BYTES);
                    head.length == ENVELOPE_BYTES;
                    head = stream.readNBytes(ENVELOPE_BYTES)) {
                JsonNode event = json(stream.readNBytes(
                                ByteBuffer.wrap(head, 1, Integer.BYTES).getInt()))
                        .path("event");
                printed += event.path("data").path("stdout").asText().length() * 3L / 4;
                succeeded |=
                        event.has("end") && event.path("end").path("exitCode").asInt() == 0;
            }
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, command + " was not followed: " + exception.getMessage(), exception);
        }
        double millis = millisSince(beganNanos);
        // Base64 ends with up to two more bytes for each message.
        Requirement.hold(
                succeeded && printed >= expectedBytes, command + " failed, or printed " + printed + " bytes only");
        return millis;
    }

    /** Writes a file, which did not exist before. */
    public double write(int bytes) {
        HttpResponse<Void> _ = api.send(
                request("/filesystem.Filesystem/Remove")
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofByteArray(bytes(Map.of("path", DIRECTORY))))
                        .build(),
                BodyHandlers.discarding());
        byte[] content = new byte[bytes];
        long beganNanos = System.nanoTime();
        HttpResponse<String> response = api.send(
                request("/files?path=" + FILE)
                        .header("Content-Type", "application/octet-stream")
                        .POST(BodyPublishers.ofByteArray(content))
                        .build(),
                BodyHandlers.ofString());
        double millis = millisSince(beganNanos);
        Requirement.hold(response.statusCode() == 200, "an upload was refused: " + response.body());
        return millis;
    }

    /** Reads the file that was written last. */
    public double read(int bytes) {
        long beganNanos = System.nanoTime();
        long received;
        try (InputStream stream = api.send(request("/files?path=" + FILE).build(), BodyHandlers.ofInputStream())
                .body()) {
            received = stream.transferTo(OutputStream.nullOutputStream());
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, FILE + " cannot be read: " + exception.getMessage(), exception);
        }
        double millis = millisSince(beganNanos);
        Requirement.hold(received == bytes, "a file of " + bytes + " bytes was read as " + received);
        return millis;
    }

    private static byte[] bytes(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static JsonNode json(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.TOOL_FAILED, "the answer is not JSON", exception);
        }
    }

    private static double millisSince(long beganNanos) {
        return (System.nanoTime() - beganNanos) / 1e6;
    }

    @Override
    public void close() {
        HttpResponse<Void> _ = api.send(api.request("/sandboxes/" + id).DELETE().build(), BodyHandlers.discarding());
    }
}
