package io.neurovisor.e2b;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.e2b.ServedE2b.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A sandbox, as a client sees it. */
public record Box(ServedE2b api, String id, String token) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int HEADER_BYTES = 5;

    public HttpRequest.Builder request(int port, String path) {
        return anonymous(port, path).header("X-Access-Token", token);
    }

    /** A request without the token. */
    public HttpRequest.Builder anonymous(int port, String path) {
        return api.request(path).header("E2b-Sandbox-Id", id).header("E2b-Sandbox-Port", Integer.toString(port));
    }

    /** Sends a body to {@code /files}. */
    public Answer write(String query, String type, byte[] body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = request(ServedE2b.ENVD, "/files" + query).POST(BodyPublishers.ofByteArray(body));
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }
        return api.send(headers.length > 0 ? request.headers(headers) : request);
    }

    /** Reads a file. */
    public Answer read(String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(ServedE2b.ENVD, "/files?path=" + path);
        return api.send(headers.length > 0 ? request.headers(headers) : request);
    }

    /** Makes a call of envd that has one request and one response. */
    public Answer call(String method, String message) throws IOException, InterruptedException {
        return api.send(request(ServedE2b.ENVD, "/" + method)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(message)));
    }

    /** Makes a call of envd that streams, and returns the messages of the response; the last one is its end. */
    public List<JsonNode> stream(String method, String... messages) throws IOException, InterruptedException {
        Answer answer = api.send(request(ServedE2b.ENVD, "/" + method)
                .header("Content-Type", "application/connect+json")
                .POST(BodyPublishers.ofByteArray(envelopes(messages))));
        return messages(answer.response().body());
    }

    public static byte[] envelopes(String... messages) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (String message : messages) {
            byte[] content = message.getBytes(StandardCharsets.UTF_8);
            body.write(0);
            body.writeBytes(
                    ByteBuffer.allocate(Integer.BYTES).putInt(content.length).array());
            body.writeBytes(content);
        }
        return body.toByteArray();
    }

    private static List<JsonNode> messages(byte[] body) throws IOException {
        List<JsonNode> messages = new ArrayList<>();
        ByteBuffer rest = ByteBuffer.wrap(body);
        while (rest.remaining() >= HEADER_BYTES) {
            byte _ = rest.get();
            byte[] content = new byte[rest.getInt()];
            rest.get(content);
            messages.add(JSON.readTree(content));
        }
        return messages;
    }

    /** Runs a cell, and returns its lines. */
    public List<JsonNode> cell(String request) throws IOException, InterruptedException {
        Answer answer = api.send(request(ServedE2b.INTERPRETER, "/execute").POST(BodyPublishers.ofString(request)));
        List<JsonNode> lines = new ArrayList<>();
        for (String line : answer.text().lines().toList()) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    public Answer interpreter(String method, String path, String body) throws IOException, InterruptedException {
        return api.send(anonymous(ServedE2b.INTERPRETER, path)
                .header("E2B-Traffic-Access-Token", api.tokens().ofTraffic(id))
                .method(method, BodyPublishers.ofString(body)));
    }
}
