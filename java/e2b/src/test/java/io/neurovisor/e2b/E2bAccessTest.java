package io.neurovisor.e2b;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.e2b.ServedE2b.Answer;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.config.RateLimit;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may call what, and where a request goes. */
final class E2bAccessTest extends E2bFixture {
    @Test
    void theControlPlaneNeedsAKey() throws Exception {
        Answer without = api.send(api.request("/v2/sandboxes"));
        assertThat(without.status()).isEqualTo(401);
        assertThat(without.problem()).contains("X-API-KEY");
        assertThat(without.header("Should-Retry")).contains("false");
        assertThat(withKey(api.key())).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "e2b_", "e2b_00"})
    void aMalformedKeyIsNotRepeated(String key) throws Exception {
        Answer refused = api.send(api.request("/v2/sandboxes").header("X-API-KEY", key));
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.problem()).contains("malformed").doesNotContain(key + " ");
    }

    @Test
    void aWrongOrRevokedKeyIsUnauthorized() throws Exception {
        assertThat(withKey("e2b_" + "0".repeat(64))).isEqualTo(401);
        String revoked = api.key("old", EnumSet.of(Scope.SANDBOX), Optional.empty());
        api.revoke("old");
        assertThat(withKey(revoked)).isEqualTo(401);
    }

    @Test
    void aKeyWithoutTheScopeIsForbidden() throws Exception {
        assertThat(withKey(api.key("runner", EnumSet.of(Scope.EXECUTE), Optional.empty())))
                .isEqualTo(403);
    }

    @Test
    void aKeyOverItsRateLearnsWhenToTryAgain() throws Exception {
        String key = api.key("slow", EnumSet.of(Scope.SANDBOX), RateLimit.parse("1:1"));
        assertThat(withKey(key)).isEqualTo(200);
        Answer limited = api.send(api.request("/v2/sandboxes").header("X-API-KEY", key));
        assertThat(limited.status()).isEqualTo(429);
        assertThat(limited.header("Retry-After"))
                .hasValueSatisfying(after -> assertThat(Integer.parseInt(after)).isBetween(1, 60));
        assertThat(limited.header("Should-Retry")).contains("true");
    }

    @Test
    void aRateThatIsUsedUpIsNotALostSandbox() throws Exception {
        String key = api.key("slow", EnumSet.of(Scope.SANDBOX), RateLimit.parse("1:1"));
        Answer created = api.send(api.request("/sandboxes")
                .header("X-API-KEY", key)
                .POST(BodyPublishers.ofString("{\"templateID\":\"base\"}")));
        Answer limited = api.send(api.box(created.json()).request(ServedE2b.ENVD, "/health"));
        assertThat(limited.status()).isEqualTo(429);
    }

    @Test
    void aRequestTakesOneTokenOfTheRate() throws Exception {
        String key = api.key("slow", EnumSet.of(Scope.SANDBOX), RateLimit.parse("4:1"));
        Answer created = api.send(api.request("/sandboxes")
                .header("X-API-KEY", key)
                .POST(BodyPublishers.ofString("{\"templateID\":\"base\"}")));
        Box box = api.box(created.json());
        assertThat(box.write("?path=n", "application/octet-stream", new byte[1]).status())
                .isEqualTo(200);
        assertThat(box.read("n", "Range", "bytes=0-0").status()).isEqualTo(206);
        assertThat(box.call("filesystem.Filesystem/Stat", "{\"path\":\"n\"}").status())
                .isEqualTo(200);
        assertThat(box.call("filesystem.Filesystem/Stat", "{\"path\":\"n\"}").status())
                .isEqualTo(429);
    }

    private int withKey(String key) throws IOException, InterruptedException {
        return api.send(api.request("/v2/sandboxes").header("X-API-KEY", key)).status();
    }

    @Test
    void envdNeedsTheTokenOfTheSandbox() throws Exception {
        Box box = api.create();
        Box other = api.create();
        for (String token :
                new String[] {"", "wrong", other.token(), box.token().substring(1), api.key()}) {
            Box stranger = new Box(api, box.id(), token);
            assertThat(stranger.call("filesystem.Filesystem/Stat", "{\"path\":\".\"}")
                            .status())
                    .as(token)
                    .isEqualTo(401);
            assertThat(api.send(stranger.request(ServedE2b.ENVD, "/files?path=n"))
                            .status())
                    .isEqualTo(401);
            assertThat(api.send(stranger.request(ServedE2b.INTERPRETER, "/execute")
                                    .POST(BodyPublishers.ofString("{\"code\":\"1\"}")))
                            .status())
                    .isEqualTo(401);
        }
        assertThat(api.send(box.anonymous(ServedE2b.ENVD, "/files?path=n")).status())
                .isEqualTo(401);
        assertThat(box.call("filesystem.Filesystem/Stat", "{\"path\":\".\"}").status())
                .isEqualTo(200);
    }

    @Test
    void contextsNeedOneOfTheTokensOfTheSandbox() throws Exception {
        Box box = api.create();
        assertThat(contexts(box, "")).isEqualTo(401);
        assertThat(contexts(box, box.token())).isEqualTo(401);
        assertThat(contexts(box, api.tokens().ofTraffic(api.create().id()))).isEqualTo(401);
        assertThat(contexts(box, api.tokens().ofTraffic(box.id()))).isEqualTo(200);
        assertThat(api.send(box.request(ServedE2b.INTERPRETER, "/contexts")).status())
                .isEqualTo(200);
        assertThat(api.send(box.anonymous(ServedE2b.INTERPRETER, "/health")).status())
                .isEqualTo(200);
    }

    private int contexts(Box box, String traffic) throws IOException, InterruptedException {
        return api.send(box.anonymous(ServedE2b.INTERPRETER, "/contexts").header("E2B-Traffic-Access-Token", traffic))
                .status();
    }

    @Test
    void aCopyHasItsOwnToken() throws Exception {
        Box box = api.create();
        Answer forked = api.control("POST", "/sandboxes/" + box.id() + "/fork", "{\"count\":1,\"timeout\":300}");
        Box copy = api.box(forked.json().path(0).path("sandbox"));
        assertThat(copy.token()).isNotEqualTo(box.token());
        assertThat(new Box(api, copy.id(), box.token())
                        .call("filesystem.Filesystem/Stat", "{\"path\":\".\"}")
                        .status())
                .isEqualTo(401);
        assertThat(copy.call("filesystem.Filesystem/Stat", "{\"path\":\".\"}").status())
                .isEqualTo(200);
    }

    @Test
    void theTokenOfASandboxWhoseKeyWasRevokedIsUseless() throws Exception {
        Box box = api.create();
        api.revoke("me");
        assertThat(box.call("filesystem.Filesystem/Stat", "{\"path\":\".\"}").status())
                .isEqualTo(502);
    }

    @ParameterizedTest
    @CsvSource({
        "root, 401, no root",
        "other, 401, the user is user",
        "user, 200, ''",
    })
    void theUserIsThatOfTheSandbox(String user, int status, String problem) throws Exception {
        Box box = api.create();
        String credentials = Base64.getEncoder().encodeToString((user + ":").getBytes(StandardCharsets.UTF_8));
        Answer answer = api.send(box.request(ServedE2b.ENVD, "/filesystem.Filesystem/Stat")
                .header("Authorization", "Basic " + credentials)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"path\":\".\"}")));
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text()).contains(problem);
        assertThat(api.send(box.request(ServedE2b.ENVD, "/process.Process/StreamInput")
                                .header("Authorization", "Basic " + credentials)
                                .header("Content-Type", "application/connect+json")
                                .POST(BodyPublishers.ofByteArray(Box.envelopes("{\"keepalive\":{}}"))))
                        .text())
                .contains(problem);
        assertThat(api.send(box.request(ServedE2b.ENVD, "/files?path=.&username=" + user))
                        .text())
                .contains(problem);
    }

    @Test
    void malformedCredentialsNameNoUser() throws Exception {
        Answer answer = api.send(api.create()
                .request(ServedE2b.ENVD, "/filesystem.Filesystem/Stat")
                .header("Authorization", "Basic !")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{}")));
        assertThat(answer.status()).isEqualTo(200);
    }

    @Test
    void aPortOfAProgramIsNotOpen() throws Exception {
        Box box = api.create();
        Answer answer = api.send(box.anonymous(8000, "/"));
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.problem()).contains("port 8000 is not open");
    }

    @Test
    void aSandboxThatHasEndedIsNotFound() throws Exception {
        Box box = api.create();
        assertThat(api.control("DELETE", "/sandboxes/" + box.id(), "").status()).isEqualTo(204);
        for (int port : new int[] {ServedE2b.ENVD, ServedE2b.INTERPRETER, 8000}) {
            Answer answer = api.send(box.request(port, "/health"));
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.problem()).contains("was not found");
        }
    }

    @Test
    void theHeadersOfASandboxDoNotRedirectTheControlPlane() throws Exception {
        Box box = api.create();
        Answer answer = api.send(box.request(ServedE2b.ENVD, "/v2/sandboxes").header("X-API-KEY", api.key()));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/files", "/sandboxesX", "/v3/sandboxes"})
    void aRequestForNothingIsNotFound(String path) throws Exception {
        assertThat(api.send(api.request(path).header("X-API-KEY", api.key())).status())
                .isEqualTo(404);
    }
}
