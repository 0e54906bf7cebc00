package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.server.access.keys.KeySpelling;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.runner.ShortTier;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests as E2B's clients send them, to a real daemon. */
@Timeout(300)
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class E2bIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Pattern KEY = Pattern.compile("nvk_[A-Za-z0-9_-]{43}");

    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static String address;
    private static String key;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        Map<String, String> data =
                Map.of("NEUROVISOR_DATA_DIR", DataDirectories.ready(directory).toString());
        Matcher made = KEY.matcher(CommandLineRun.of(data, "keys", "create", "me", "--scopes", "sandbox,execute")
                .stdout());
        assertThat(made.find()).isTrue();
        key = KeySpelling.toE2b(made.group()).orElseThrow();
        daemon = RunningDaemon.start(
                directory,
                data,
                "--warm=1",
                "--max=8",
                "--size=small",
                "--http-listen=127.0.0.1",
                "--http-port=0",
                "--sandbox-domain=sandboxes.example");
        address = daemon.httpAddress();
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    @ShortTier
    @Test
    void aSandboxIsUsedAsE2bsClientsUseIt() throws IOException, InterruptedException {
        JsonNode created = json(
                201,
                control("POST", "/sandboxes", "{\"templateID\":\"base\",\"timeout\":300,\"metadata\":{\"a\":\"b\"}}"));
        Sandbox sandbox = new Sandbox(
                created.path("sandboxID").asText(),
                created.path("envdAccessToken").asText());

        assertThat(sandbox.upload("n", "41").statusCode()).isEqualTo(200);
        List<JsonNode> events = sandbox.run("echo $(( $(cat n) + 1 )); exit 3");
        assertThat(events)
                .extracting(
                        event -> event.path("event").path("data").path("stdout").asText())
                .contains(Base64.getEncoder().encodeToString("42\n".getBytes(StandardCharsets.US_ASCII)));
        assertThat(events)
                .anySatisfy(event ->
                        assertThat(event.at("/event/end/exitCode").asInt()).isEqualTo(3));
        assertThat(send(sandbox.request("/files?path=n").GET().build()).body()).isEqualTo("41");

        // By the name of its port, with a token that is wrong.
        HttpResponse<String> refused = send(HttpRequest.newBuilder(URI.create(address + "/files?path=n"))
                .header("X-Access-Token", "wrong")
                .header("E2b-Sandbox-Id", sandbox.id())
                .header("E2b-Sandbox-Port", "49983")
                .build());
        assertThat(refused.statusCode()).isEqualTo(401);

        String cells = send(sandbox.request("/execute", 49999)
                        .POST(BodyPublishers.ofString("{\"code\":\"1+1\"}"))
                        .build())
                .body();
        assertThat(cells).contains("\"type\":\"result\"", "\"text\":\"2\"", "\"type\":\"end_of_execution\"");

        assertThat(control("POST", "/sandboxes/" + sandbox.id() + "/pause", "").statusCode())
                .isEqualTo(204);
        assertThat(control("POST", "/sandboxes/" + sandbox.id() + "/pause", "").statusCode())
                .isEqualTo(409);
        HttpResponse<String> paused = send(sandbox.request("/health").GET().build());
        assertThat(paused.statusCode()).isEqualTo(502);
        assertThat(paused.body()).contains("was not found");
        assertThat(control("POST", "/sandboxes/" + sandbox.id() + "/connect", "{\"timeout\":300}")
                        .statusCode())
                .isEqualTo(201);
        JsonNode forks =
                json(201, control("POST", "/sandboxes/" + sandbox.id() + "/fork", "{\"count\":2,\"timeout\":300}"));
        assertThat(forks).hasSize(2);
        JsonNode fork = forks.path(0).path("sandbox");
        assertThat(send(new Sandbox(
                                        fork.path("sandboxID").asText(),
                                        fork.path("envdAccessToken").asText())
                                .request("/files?path=n")
                                .GET()
                                .build())
                        .body())
                .isEqualTo("41");
        assertThat(json(200, control("GET", "/v2/sandboxes?metadata=a%3Db", "")))
                .hasSize(3);
        assertThat(control("DELETE", "/sandboxes/" + sandbox.id(), "").statusCode())
                .isEqualTo(204);
        assertThat(control("DELETE", "/sandboxes/" + sandbox.id(), "").statusCode())
                .isEqualTo(404);
    }

    @Test
    void requestsHaveTracesAndMeasurements() throws IOException, InterruptedException {
        String trace = "0af76519-16cd-43dd-8448-eb211c80319c";
        HttpResponse<String> response = send(HttpRequest.newBuilder(URI.create(address + "/v2/sandboxes"))
                .header("X-API-KEY", key)
                .header("x-trace-id", trace)
                .build());
        assertThat(response.headers().firstValue("x-trace-id")).contains(trace);
        assertThat(daemon.metrics())
                .anyMatch(line ->
                        line.startsWith("neurovisor_http_request_duration_seconds_count{api=\"e2b\",code=\"200\"}"));
    }

    @Test
    void filesAreReadInPartsWithTheirMetadata() throws IOException, InterruptedException {
        JsonNode created = json(201, control("POST", "/sandboxes", "{\"templateID\":\"base\",\"timeout\":300}"));
        Sandbox sandbox = new Sandbox(
                created.path("sandboxID").asText(),
                created.path("envdAccessToken").asText());
        JsonNode written = json(
                200,
                send(sandbox.request("/files?path=n")
                        .header("Content-Type", "application/octet-stream")
                        .header("X-Metadata-Author", "me")
                        .POST(BodyPublishers.ofString("0123456789"))
                        .build()));
        assertThat(written.at("/0/metadata/author").asText()).isEqualTo("me");
        HttpResponse<String> part = send(
                sandbox.request("/files?path=n").header("Range", "bytes=2-4").build());
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.body()).isEqualTo("234");
        HttpResponse<String> compressed = send(sandbox.request("/files?path=n")
                .header("Accept-Encoding", "gzip")
                .build());
        assertThat(compressed.headers().firstValue("Content-Encoding")).contains("gzip");
        assertThat(control("DELETE", "/sandboxes/" + sandbox.id(), "").statusCode())
                .isEqualTo(204);
    }

    @Test
    void aCellWhoseSandboxIsKilledIsNotFoundOrHasNoEnd() throws IOException, InterruptedException {
        JsonNode created = json(201, control("POST", "/sandboxes", "{\"templateID\":\"base\",\"timeout\":300}"));
        Sandbox sandbox = new Sandbox(
                created.path("sandboxID").asText(),
                created.path("envdAccessToken").asText());
        CompletableFuture<HttpResponse<String>> cell = CLIENT.sendAsync(
                sandbox.request("/execute", 49999)
                        .POST(BodyPublishers.ofString("{\"code\":\"while True: pass\"}"))
                        .build(),
                BodyHandlers.ofString());
        while (!cell.isDone() && hasListedOnly(sandbox)) {
            Thread.onSpinWait();
        }
        assertThat(control("DELETE", "/sandboxes/" + sandbox.id(), "").statusCode())
                .isEqualTo(204);
        // Its client is sent something after 2 s, by which the response begins.
        String answer = cell.thenApply(response -> response.statusCode() + response.body())
                .exceptionally(failure -> String.valueOf(failure.getCause()))
                .join();
        assertThat(answer).matches("(?s)502.*The sandbox was not found.*|java\\.io\\.IOException: .*");
    }

    /** Returns whether no interpreter has started: those that are listed from the beginning have their languages as ids. */
    private static boolean hasListedOnly(Sandbox sandbox) throws IOException, InterruptedException {
        JsonNode contexts = json(200, send(sandbox.request("/contexts", 49999).build()));
        return contexts.findValuesAsText("id").contains("python");
    }

    @Test
    void whatIsNotPossibleIsNamed() throws IOException, InterruptedException {
        assertThat(control("POST", "/sandboxes", "{\"templateID\":\"base\",\"network\":{\"allowOut\":[\"1.1.1.1\"]}}")
                        .body())
                .contains("\"code\":400", "allowOut is not possible");
        assertThat(control("POST", "/sandboxes", "{\"templateID\":1}").body())
                .contains("\"code\":400", "templateID is not a string");
        assertThat(control("POST", "/sandboxes", "[1]").statusCode()).isEqualTo(400);
        assertThat(control("POST", "/sandboxes", "{\"templateID\":\"none-such\"}")
                        .statusCode())
                .isEqualTo(404);
        assertThat(control("POST", "/sandboxes", "{\"templateID\":\"base\",\"timeout\":-1}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(send(HttpRequest.newBuilder(URI.create(address + "/sandboxes"))
                                .build())
                        .statusCode())
                .isEqualTo(401);
        assertThat(send(HttpRequest.newBuilder(URI.create(address + "/v2/sandboxes"))
                                .header("X-API-KEY", "e2b_" + "0".repeat(64))
                                .build())
                        .statusCode())
                .isEqualTo(401);
    }

    private record Sandbox(String id, String token) {
        HttpRequest.Builder request(String path) {
            return request(path, 49983);
        }

        HttpRequest.Builder request(String path, int port) {
            return HttpRequest.newBuilder(URI.create(address + path))
                    .header("X-Access-Token", token)
                    .header("E2b-Sandbox-Id", id)
                    .header("E2b-Sandbox-Port", Integer.toString(port));
        }

        HttpResponse<String> upload(String name, String content) throws IOException, InterruptedException {
            String body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\n%s\r\n--b--\r\n"
                    .formatted(name, content);
            return send(request("/files")
                    .header("Content-Type", "multipart/form-data; boundary=b")
                    .POST(BodyPublishers.ofString(body))
                    .build());
        }

        List<JsonNode> run(String script) throws IOException, InterruptedException {
            byte[] message = JSON.writeValueAsBytes(
                    Map.of("process", Map.of("cmd", "/bin/bash", "args", List.of("-c", script))));
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            body.write(0);
            body.writeBytes(ByteBuffer.allocate(4).putInt(message.length).array());
            body.writeBytes(message);
            HttpResponse<byte[]> response = CLIENT.send(
                    request("/process.Process/Start")
                            .header("Content-Type", "application/connect+json")
                            .POST(BodyPublishers.ofByteArray(body.toByteArray()))
                            .build(),
                    BodyHandlers.ofByteArray());
            List<JsonNode> messages = new ArrayList<>();
            ByteBuffer rest = ByteBuffer.wrap(response.body());
            while (rest.remaining() > 5) {
                rest.get();
                byte[] content = new byte[rest.getInt()];
                rest.get(content);
                messages.add(JSON.readTree(content));
            }
            return messages;
        }
    }

    private static HttpResponse<String> control(String method, String path, String body)
            throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(address + path))
                .header("X-API-KEY", key)
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(body))
                .build());
    }

    private static HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return CLIENT.send(request, BodyHandlers.ofString());
    }

    private static JsonNode json(int status, HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return JSON.readTree(response.body());
    }
}
