package io.neurovisor.e2b.envd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.e2b.Box;
import io.neurovisor.e2b.BoxFixture;
import io.neurovisor.e2b.ServedE2b;
import io.neurovisor.e2b.ServedE2b.Answer;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EnvdFilesTest extends BoxFixture {
    private Answer call(String method, String message) throws IOException, InterruptedException {
        return box.call("filesystem.Filesystem/" + method, message);
    }

    private void write(String path, String content) throws IOException, InterruptedException {
        assertThat(box.write("?path=" + path, "application/octet-stream", content.getBytes(StandardCharsets.UTF_8))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void anEntryHasWhatLsPrints() throws Exception {
        write("n", "41");
        JsonNode file = call("Stat", "{\"path\":\"n\",\"unknown\":1}").json().path("entry");
        assertThat(file.path("name").asText()).isEqualTo("n");
        assertThat(file.path("path").asText()).isEqualTo("/home/user/n");
        assertThat(file.path("type").asText()).isEqualTo("FILE_TYPE_FILE");
        assertThat(file.path("size").asText()).isEqualTo("2");
        assertThat(file.path("permissions").asText()).isEqualTo("-rw-r--r--");
        assertThat(file.path("mode").asInt()).isEqualTo(0644);
        assertThat(file.path("owner").asText()).isEqualTo("user");
        assertThat(file.path("modifiedTime").asText()).isEqualTo("2026-01-01T00:00:00Z");
        JsonNode directory = call("Stat", "{\"path\":\".\"}").json().path("entry");
        assertThat(directory.path("type").asText()).isEqualTo("FILE_TYPE_DIRECTORY");
        assertThat(directory.path("permissions").asText()).isEqualTo("drwxr-xr-x");
    }

    @ParameterizedTest
    @CsvSource({
        "~, /home/user",
        "'', /home/user",
        "~/n, /home/user/n",
        "~//n, /home/user/n",
        "none/../n, /home/user/n",
        "../user/./n, /home/user/n",
        "../../../../home/user/n, /home/user/n",
        "~/../../home//user/n, /home/user/n",
    })
    void thePathOfTheHomeDirectoryIsKnown(String path, String resolved) throws Exception {
        write("n", "41");
        assertThat(call("Stat", "{\"path\":\"" + path + "\"}")
                        .json()
                        .at("/entry/path")
                        .asText())
                .isEqualTo(resolved);
    }

    @Test
    void linksInAListAreDescribedByTheFilesBehindThem() throws Exception {
        write("d/n", "41");
        api.guest().fakeFiles().link("d/link", "n");
        JsonNode link = call("ListDir", "{\"path\":\"d\"}").json().at("/entries/0");
        assertThat(link.path("name").asText()).isEqualTo("link");
        assertThat(link.path("type").asText()).isEqualTo("FILE_TYPE_FILE");
        assertThat(link.path("symlinkTarget").asText()).isEqualTo("/home/user/d/n");
    }

    @Test
    void noPathIsNotTheHomeDirectoryForARemoval() throws Exception {
        assertThat(call("Remove", "{}").status()).isEqualTo(400);
        assertThat(call("Move", "{\"destination\":\"n\"}").status()).isEqualTo(400);
    }

    @Test
    void theHomeDirectoryOfOthersIsRefused() throws Exception {
        assertThat(call("Stat", "{\"path\":\"~other/n\"}").json().path("code").asText())
                .isEqualTo("invalid_argument");
        assertThat(box.read("~other/n").status()).isEqualTo(400);
    }

    @Test
    void aLinkIsDescribedByTheFileBehindIt() throws Exception {
        write("d/n", "41");
        api.guest().fakeFiles().link("d/relative", "n");
        api.guest().fakeFiles().link("absolute", "/home/user/d/relative");
        for (String path : List.of("d/relative", "absolute")) {
            JsonNode link = call("Stat", "{\"path\":\"" + path + "\"}").json().path("entry");
            assertThat(link.path("type").asText()).isEqualTo("FILE_TYPE_FILE");
            assertThat(link.path("path").asText()).isEqualTo("/home/user/" + path);
            assertThat(link.path("symlinkTarget").asText()).isEqualTo("/home/user/d/n");
            assertThat(link.path("mode").asInt()).isEqualTo(0644);
        }
    }

    @Test
    void linksInListsAreDescribedByTheFilesBehindThem() throws Exception {
        write("d/n", "41");
        api.guest().fakeFiles().link("d/m", "n");
        JsonNode link =
                call("ListDir", "{\"path\":\"d\"}").json().path("entries").path(0);
        assertThat(link.path("type").asText()).isEqualTo("FILE_TYPE_FILE");
        assertThat(link.path("symlinkTarget").asText()).isEqualTo("/home/user/d/n");
        JsonNode moved = call("Move", "{\"source\":\"d/m\",\"destination\":\"d/l\"}")
                .json()
                .path("entry");
        assertThat(moved.path("type").asText()).isEqualTo("FILE_TYPE_FILE");
        assertThat(moved.path("path").asText()).isEqualTo("/home/user/d/l");
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "loop", "/home/user/loop", "a\0b"})
    void aLinkThatLeadsNowhereHasNoType(String target) throws Exception {
        api.guest().fakeFiles().link("loop", target);
        JsonNode link = call("Stat", "{\"path\":\"loop\"}").json().path("entry");
        assertThat(link.path("type").asText()).isIn("", "FILE_TYPE_UNSPECIFIED");
        assertThat(link.path("symlinkTarget").asText()).isEqualTo("/home/user/loop");
        assertThat(link.path("mode").asInt()).isZero();
    }

    @Test
    void directoriesAreMadeOnce() throws Exception {
        assertThat(call("MakeDir", "{\"path\":\"d\"}").json().at("/entry/path").asText())
                .isEqualTo("/home/user/d");
        Answer again = call("MakeDir", "{\"path\":\"d\"}");
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.json().path("code").asText()).isEqualTo("already_exists");
        assertThat(call("Move", "{\"source\":\"d\",\"destination\":\"e\"}")
                        .json()
                        .at("/entry/name")
                        .asText())
                .isEqualTo("e");
    }

    @Test
    void allPagesOfADirectoryAreListed() throws Exception {
        for (int count = 0; count < 3; count++) {
            assertThat(call("MakeDir", "{\"path\":\"d/" + count + "/below\"}").status())
                    .isEqualTo(200);
        }
        assertThat(call("ListDir", "{\"path\":\"d\"}").json().findValuesAsText("name"))
                .containsExactly("0", "1", "2");
        assertThat(call("ListDir", "{\"path\":\"d\",\"depth\":2}").json().path("entries"))
                .hasSize(6);
    }

    @Test
    void removingWhatDoesNotExistSucceeds() throws Exception {
        assertThat(call("MakeDir", "{\"path\":\"d/below\"}").status()).isEqualTo(200);
        assertThat(call("Remove", "{\"path\":\"d\"}").status()).isEqualTo(200);
        assertThat(call("Remove", "{\"path\":\"d\"}").status()).isEqualTo(200);
        assertThat(call("Remove", "{\"path\":\"/root/x\"}").status()).isEqualTo(200);
    }

    @Test
    void watchersCollectEvents() throws Exception {
        String id = call("CreateWatcher", "{\"path\":\".\"}")
                .json()
                .path("watcherId")
                .asText();
        write("n", "1");
        write("n", "2");
        assertThat(call("Move", "{\"source\":\"n\",\"destination\":\"m\"}").status())
                .isEqualTo(200);
        assertThat(call("Remove", "{\"path\":\"m\"}").status()).isEqualTo(200);
        List<String> events = new ArrayList<>();
        while (events.size() < 5) {
            call("GetWatcherEvents", "{\"watcherId\":\"" + id + "\"}")
                    .json()
                    .path("events")
                    .forEach(event -> events.add(event.path("type").asText() + " "
                            + event.path("name").asText()));
        }
        assertThat(events)
                .containsExactly(
                        "EVENT_TYPE_CREATE n",
                        "EVENT_TYPE_WRITE n",
                        "EVENT_TYPE_RENAME n",
                        "EVENT_TYPE_CREATE m",
                        "EVENT_TYPE_REMOVE m");
        Box other = api.create();
        String request = "{\"watcherId\":\"" + id + "\"}";
        assertThat(other.call("filesystem.Filesystem/GetWatcherEvents", request).status())
                .isEqualTo(404);
        assertThat(call("RemoveWatcher", request).status()).isEqualTo(200);
        assertThat(call("RemoveWatcher", request).status()).isEqualTo(404);
        assertThat(call("GetWatcherEvents", request).status()).isEqualTo(404);
    }

    @Test
    void aFetchWaitsForWhatWasJustChanged() throws Exception {
        String id = call("CreateWatcher", "{\"path\":\".\",\"allowNetworkMounts\":true}")
                .json()
                .path("watcherId")
                .asText();
        for (int count = 0; count < 20; count++) {
            write("n" + count, "1");
            JsonNode events = call("GetWatcherEvents", "{\"watcherId\":\"" + id + "\"}")
                    .json()
                    .path("events");
            assertThat(events.findValuesAsText("name")).containsExactly("n" + count);
        }
    }

    @Test
    void eventsHaveTheEntriesThatWereAskedFor() throws Exception {
        assertThat(call("MakeDir", "{\"path\":\"d\"}").status()).isEqualTo(200);
        String id = call("CreateWatcher", "{\"path\":\"d\",\"includeEntry\":true}")
                .json()
                .path("watcherId")
                .asText();
        write("d/n", "41");
        List<JsonNode> events = new ArrayList<>();
        while (events.isEmpty()) {
            call("GetWatcherEvents", "{\"watcherId\":\"" + id + "\"}")
                    .json()
                    .path("events")
                    .forEach(events::add);
        }
        assertThat(events.getFirst().path("name").asText()).isEqualTo("n");
        assertThat(events.getFirst().at("/entry/path").asText()).isEqualTo("/home/user/d/n");
    }

    @Test
    void aWatchThatCannotBeginIsAnError() throws Exception {
        List<JsonNode> messages = box.stream("filesystem.Filesystem/WatchDir", "{\"path\":\"none\"}");
        assertThat(messages).hasSize(1);
        assertThat(messages.getFirst().at("/error/code").asText()).isEqualTo("not_found");
        assertThat(call("CreateWatcher", "{\"path\":\"none\"}").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource({
        "'{\"path\":\"none\"}', 404, not_found",
        "'{\"path\":\"a\\u0000b\"}', 400, invalid_argument",
        "'{\"path\":{}}', 400, invalid_argument",
        "'{\"path\":[\"a\",\"b\"]}', 400, invalid_argument",
        "'{\"path\":\".profile/n\"}', 404, not_found",
        "'{', 400, invalid_argument",
        "'[]', 400, invalid_argument",
        "'', 400, invalid_argument",
        "'{\"path\":\"/home/user/../../etc/../../none\"}', 404, not_found",
    })
    void aWrongRequestIsNamed(String message, int status, String code) throws Exception {
        Answer answer = call("Stat", message);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.json().path("code").asText()).isEqualTo(code);
    }

    @Test
    void listingAFileIsAMistakeOfTheClient() throws Exception {
        write("n", "41");
        Answer answer = call("ListDir", "{\"path\":\"n\"}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().path("code").asText()).isEqualTo("invalid_argument");
        assertThat(answer.json().path("message").asText()).contains("is not a directory");
    }

    @Test
    void aPathThatIsTooLongIsRefused() throws Exception {
        Answer answer = call("Stat", "{\"path\":\"" + "x".repeat(5000) + "\"}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().path("message").asText()).contains("path", "5000");
    }

    @ParameterizedTest
    @CsvSource({
        "Stat, application/json, 400",
        "Stat, application/connect+json, 415",
        "Stat, application/proto, 400",
        "Stat, text/plain, 415",
        "WatchDir, application/json, 415",
        "WatchDir, application/connect+json, 200",
        "WatchDir, application/proto, 415",
        "WatchDir, text/plain, 415",
    })
    void bytesOfAnotherTypeAreRefused(String method, String type, int status) throws Exception {
        Answer answer = api.send(box.request(ServedE2b.ENVD, "/filesystem.Filesystem/" + method)
                .header("Content-Type", type)
                .POST(BodyPublishers.ofByteArray(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, 1, 2, 3})));
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text()).doesNotContain("\"internal\"", "\"unknown\"");
        // A stream ends with its error, after headers that say nothing.
        assertThat(status != 200 || answer.text().contains("\"error\"")).isTrue();
    }
}
