package io.neurovisor.e2b.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.e2b.Box;
import io.neurovisor.e2b.E2bFixture;
import io.neurovisor.e2b.ServedE2b;
import io.neurovisor.e2b.ServedE2b.Answer;
import io.neurovisor.server.access.keys.Scope;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class ControlApiTest extends E2bFixture {
    @Test
    void aNewSandboxHasItsTokenAndVersion() throws Exception {
        Answer created = api.control(
                "POST", "/v2/sandboxes", "{\"templateID\":\"base\",\"timeout\":60,\"metadata\":{\"a\":\"b\"}}");
        assertThat(created.status()).isEqualTo(201);
        JsonNode sandbox = created.json();
        assertThat(sandbox.path("envdVersion").asText()).isEqualTo(SandboxJson.ENVD_VERSION);
        assertThat(sandbox.path("domain").asText()).isEqualTo(ServedE2b.DOMAIN);
        String id = sandbox.path("sandboxID").asText();
        assertThat(sandbox.path("envdAccessToken").asText())
                .isEqualTo(api.tokens().of(id));
        assertThat(sandbox.path("trafficAccessToken").asText())
                .isEqualTo(api.tokens().ofTraffic(id));
        JsonNode details = api.control("GET", "/sandboxes/" + id, "").json();
        assertThat(details.path("state").asText()).isEqualTo("running");
        assertThat(details.at("/metadata/a").asText()).isEqualTo("b");
        assertThat(details.at("/lifecycle/onTimeout").asText()).isEqualTo("kill");
        assertThat(Instant.parse(details.path("endAt").asText()))
                .isAfterOrEqualTo(
                        Instant.parse(details.path("startedAt").asText()).plusSeconds(60));
    }

    @Test
    void aRepeatedCreationIsOneSandbox() throws Exception {
        String body = "{\"templateID\":\"base\"}";
        List<String> ids = Stream.of(1, 2)
                .map(_ -> {
                    try {
                        return api.send(api.request("/sandboxes")
                                        .header("X-API-KEY", api.key())
                                        .header("Idempotency-Key", "once")
                                        .POST(BodyPublishers.ofString(body)))
                                .json()
                                .path("sandboxID")
                                .asText();
                    } catch (IOException | InterruptedException failure) {
                        throw new AssertionError(failure);
                    }
                })
                .toList();
        assertThat(ids.getFirst()).isEqualTo(ids.getLast());
    }

    @Test
    void aSandboxIsPausedOnce() throws Exception {
        Box box = api.create();
        String path = "/sandboxes/" + box.id();
        assertThat(api.control("POST", path + "/resume", "{}").status()).isEqualTo(409);
        assertThat(api.control("POST", path + "/pause", "{\"memory\":false}").problem())
                .startsWith("memory ");
        assertThat(api.control("POST", path + "/pause", "").status()).isEqualTo(204);
        assertThat(api.control("POST", path + "/pause", "").status()).isEqualTo(409);
        assertThat(api.control("GET", path, "").json().path("state").asText()).isEqualTo("paused");
        assertThat(api.send(box.request(ServedE2b.ENVD, "/health")).problem()).contains("was not found");
        assertThat(api.control("POST", path + "-neurovisor/resume", "{\"timeout\":60}")
                        .status())
                .isEqualTo(201);
        assertThat(api.control("POST", path + "/connect", "{\"timeout\":60}").status())
                .isEqualTo(200);
        assertThat(api.send(box.request(ServedE2b.ENVD, "/health")).status()).isEqualTo(204);
    }

    @Test
    void aPausedSandboxIsConnectedTo() throws Exception {
        Box box = api.create();
        String path = "/sandboxes/" + box.id();
        assertThat(api.control("POST", path + "/pause", "{}").status()).isEqualTo(204);
        Answer connected = api.control("POST", "/v2" + path + "/connect", "{\"timeout\":60}");
        assertThat(connected.status()).isEqualTo(201);
        assertThat(api.box(connected.json()).token()).isEqualTo(box.token());
    }

    @Test
    void aCallResumesASandboxThatAllowsIt() throws Exception {
        Box box = api.create("{\"templateID\":\"base\",\"timeout\":300,\"autoResume\":{\"enabled\":true}}");
        assertThat(api.control("POST", "/sandboxes/" + box.id() + "/pause", "").status())
                .isEqualTo(204);
        assertThat(box.call("filesystem.Filesystem/Stat", "{\"path\":\".\"}").status())
                .isEqualTo(200);
    }

    @Test
    void tenCallsAtATimeResumeASandboxOnce() throws Exception {
        Box box = api.create("{\"templateID\":\"base\",\"timeout\":300,\"autoResume\":{\"enabled\":true}}");
        assertThat(api.control("POST", "/sandboxes/" + box.id() + "/pause", "").status())
                .isEqualTo(204);
        int machines = api.machines();
        List<CompletableFuture<Integer>> calls = Stream.generate(() -> new CompletableFuture<Integer>())
                .limit(10)
                .toList();
        for (CompletableFuture<Integer> call : calls) {
            Thread _ = Thread.ofVirtual().start(() -> {
                try {
                    call.complete(box.call("filesystem.Filesystem/Stat", "{\"path\":\".\"}")
                            .status());
                } catch (IOException | InterruptedException failure) {
                    call.completeExceptionally(failure);
                }
            });
        }
        for (CompletableFuture<Integer> call : calls) {
            assertThat(call.get()).isEqualTo(200);
        }
        assertThat(api.machines()).isEqualTo(machines + 1);
    }

    @Test
    void sandboxesAreListedInPages() throws Exception {
        Box first = api.create("{\"templateID\":\"base\",\"metadata\":{\"n\":\"1 & 2\"}}");
        Box second = api.create();
        assertThat(api.control("POST", "/sandboxes/" + second.id() + "/pause", "")
                        .status())
                .isEqualTo(204);
        Answer page = api.control("GET", "/v2/sandboxes?limit=1", "");
        assertThat(page.json()).hasSize(1);
        String token = page.header("x-next-token").orElseThrow();
        assertThat(page.header("x-total-running")).contains("1");
        Answer last = api.control("GET", "/v2/sandboxes?limit=1&nextToken=" + token, "");
        assertThat(last.json()).hasSize(1);
        assertThat(last.header("x-next-token")).isEmpty();
        assertThat(ids("/sandboxes")).containsExactly(first.id());
        assertThat(ids("/v2/sandboxes?state=paused")).containsExactly(second.id());
        assertThat(ids("/v2/sandboxes?state=")).hasSize(2);
        assertThat(ids("/v2/sandboxes?state=running,paused&order=asc")).containsExactly(first.id(), second.id());
        assertThat(ids("/v2/sandboxes?metadata=n%3D1%2520%2526%25202")).containsExactly(first.id());
        assertThat(ids("/v2/sandboxes?startedAfter=2999-01-01T00:00:00%2B02:00"))
                .isEmpty();
    }

    private List<String> ids(String path) throws IOException, InterruptedException {
        return api.control("GET", path, "").json().findValuesAsText("sandboxID");
    }

    @Test
    void snapshotsAreTemplates() throws Exception {
        Box box = api.create();
        Answer taken = api.control("POST", "/sandboxes/" + box.id() + "/snapshots", "{\"name\":\"mine\"}");
        assertThat(taken.status()).isEqualTo(201);
        String id = taken.json().path("snapshotID").asText();
        assertThat(api.control("GET", "/snapshots?sandboxID=" + box.id(), "")
                        .json()
                        .findValuesAsText("snapshotID"))
                .containsExactly(id);
        assertThat(api.control("GET", "/snapshots?name=other", "").json()).isEmpty();
        assertThat(api.create("{\"templateID\":\"" + id + "\"}").id()).isNotEqualTo(box.id());
        assertThat(api.control("DELETE", "/templates/" + id, "").status()).isEqualTo(204);
        assertThat(api.control("DELETE", "/templates/" + id, "").status()).isEqualTo(404);
    }

    @Test
    void snapshotsAreListedInPages() throws Exception {
        Box box = api.create();
        List<String> taken = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            taken.add(api.control("POST", "/sandboxes/" + box.id() + "/snapshots", "{\"name\":\"" + name + "\"}")
                    .json()
                    .path("snapshotID")
                    .asText());
        }
        Answer first = api.control("GET", "/snapshots?limit=2", "");
        assertThat(first.json()).hasSize(2);
        String token = first.header("x-next-token").orElseThrow();
        Answer last = api.control("GET", "/snapshots?limit=2&nextToken=" + token, "");
        assertThat(last.header("x-next-token")).isEmpty();
        assertThat(Stream.concat(
                        first.json().findValuesAsText("snapshotID").stream(),
                        last.json().findValuesAsText("snapshotID").stream()))
                .containsExactlyInAnyOrderElementsOf(taken);
    }

    @Test
    void aMethodThatIsNotPossibleIsAnsweredWithThoseThatAre() throws Exception {
        Answer answer = api.control("PUT", "/sandboxes/none", "");
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("Allow")).contains("GET, DELETE");
    }

    @Test
    void aForkThatIsRefusedHasItsReason() throws Exception {
        Box box = api.create();
        Answer forked = api.control("POST", "/sandboxes/" + box.id() + "/fork", "{\"count\":8,\"timeout\":60}");
        assertThat(forked.status()).as(forked.text()).isEqualTo(201);
        assertThat(forked.json().findValues("error"))
                .isNotEmpty()
                .allSatisfy(error -> assertThat(error.path("code").asInt()).isEqualTo(429));
    }

    @Test
    void timesAndNetworksAreSet() throws Exception {
        String path = "/sandboxes/" + api.create().id();
        assertThat(api.control("POST", path + "/timeout", "{\"timeout\":100}").status())
                .isEqualTo(204);
        assertThat(api.control("PUT", path + "/network", "{\"allowOut\":[]}").status())
                .isEqualTo(204);
        assertThat(api.control("PUT", path + "/network", "{\"allowOut\":[\"1.1.1.1\"]}")
                        .problem())
                .startsWith("allowOut ");
        assertThat(api.control("GET", path + "/metrics?start=1&end=2", "").json())
                .isEmpty();
    }

    private static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("POST", "/sandboxes", "{", 400, "is not JSON"),
                Arguments.of("POST", "/sandboxes", "[]", 400, "not a JSON object"),
                Arguments.of("POST", "/sandboxes", "[".repeat(1000), 400, "is not JSON"),
                Arguments.of("POST", "/sandboxes", "{\"templateID\":NaN}", 400, "is not JSON"),
                Arguments.of("POST", "/sandboxes", "{} {}", 400, "is not JSON"),
                Arguments.of("POST", "/sandboxes", "{\"templateID\":[]}", 400, "templateID "),
                Arguments.of("POST", "/sandboxes", "{\"templateID\":\"\"}", 400, "templateID "),
                Arguments.of("POST", "/sandboxes", "null", 400, "templateID "),
                Arguments.of("POST", "/sandboxes", "{\"templateID\":\"none-such\"}", 404, "no such image"),
                Arguments.of("POST", "/sandboxes", "{\"templateID\":\"" + "x".repeat(1000) + "\"}", 400, "template "),
                Arguments.of("POST", "/sandboxes", "{\"templateID\":\"\\u0000/..\"}", 404, ""),
                Arguments.of("POST", "/sandboxes", "{\"templateID\":\"base\",\"timeout\":-1}", 400, "timeout "),
                Arguments.of("POST", "/sandboxes", "{\"templateID\":\"base\",\"timeout\":1000000000}", 400, "timeout"),
                Arguments.of("POST", "/sandboxes", "{\"templateID\":\"base\",\"timeout\":1e9}", 400, "timeout "),
                Arguments.of("POST", "/sandboxes", metadata(1 << 17), 400, "metadata"),
                Arguments.of("POST", "/sandboxes", metadata(1 << 20), 413, "bytes"),
                Arguments.of("POST", "/sandboxes", metadata(10 << 20), 413, "bytes"),
                Arguments.of("POST", "/sandboxes", "{\"templateID\":\"base\",\"envVars\":{\"A=B\":\"\"}}", 400, "env"),
                Arguments.of("GET", "/v2/sandboxes?limit=0", "", 400, "limit "),
                Arguments.of("GET", "/v2/sandboxes?limit=x", "", 400, "limit "),
                Arguments.of("GET", "/v2/sandboxes?state=gone", "", 400, "state "),
                Arguments.of("GET", "/v2/sandboxes?metadata=x", "", 400, "metadata "),
                Arguments.of("GET", "/v2/sandboxes?metadata=a%3D%25zz", "", 400, "metadata "),
                Arguments.of("GET", "/v2/sandboxes?nextToken=x", "", 400, "page_token"),
                Arguments.of("GET", "/v2/sandboxes?startedAfter=now", "", 400, "startedAfter "),
                Arguments.of("GET", "/v2/sandboxes?startedAfter=%2B999999999-01-01T00:00:00Z", "", 400, "started"),
                Arguments.of("GET", "/snapshots?limit=101", "", 400, "limit "),
                Arguments.of("GET", "/snapshots?nextToken=x", "", 400, "nextToken "),
                Arguments.of("PUT", "/sandboxes", "", 405, "PUT"),
                Arguments.of("GET", "/sandboxes/a/b", "", 404, "/sandboxes/a/b"));
    }

    private static String metadata(int bytes) {
        return "{\"templateID\":\"base\",\"metadata\":{\"a\":\"" + "x".repeat(bytes) + "\"}}";
    }

    @ParameterizedTest(name = "{0} {1} {3}")
    @MethodSource("refused")
    void whatIsWrongIsNamed(String method, String path, String body, int status, String problem) throws Exception {
        Answer answer = api.send(
                api.request(path).header("X-API-KEY", api.key()).method(method, BodyPublishers.ofString(body)));
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text()).contains(problem).doesNotContain("Exception", "at io.");
        assertThat(answer.header("Content-Type")).contains("application/json");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, ''",
        "DELETE, ''",
        "POST, /connect",
        "POST, /resume",
        "POST, /timeout",
        "POST, /pause",
        "POST, /fork",
        "GET, /metrics",
        "PUT, /network",
        "POST, /snapshots",
    })
    void aSandboxOfAnotherClientIsNotFound(String method, String operation) throws Exception {
        Box box = api.create();
        String stranger = api.key("stranger", EnumSet.of(Scope.SANDBOX), Optional.empty());
        api.awaitKnown(stranger);
        for (String id : List.of(box.id(), "none", "%00", "%E2%82%AC".repeat(50))) {
            Answer answer = api.send(api.request("/sandboxes/" + id + operation)
                    .header("X-API-KEY", stranger)
                    .method(method, BodyPublishers.ofString(operation.equals("/timeout") ? "{\"timeout\":1}" : "{}")));
            assertThat(answer.status()).as("%s: %s", id, answer.text()).isEqualTo(id.equals("%00") ? 400 : 404);
        }
        assertThat(api.send(box.request(ServedE2b.ENVD, "/health")).status()).isEqualTo(204);
    }
}
