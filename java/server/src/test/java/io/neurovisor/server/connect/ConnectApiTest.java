package io.neurovisor.server.connect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests calls of each type by HTTP/1.1 and HTTP/2, as JSON and binary messages. */
final class ConnectApiTest extends EchoFixture {
    private static final String JSON = "application/json";
    private static final String PROTO = "application/proto";
    private static final String JSON_STREAM = "application/connect+json";
    private static final String PROTO_STREAM = "application/connect+proto";

    @ParameterizedTest
    @EnumSource(Version.class)
    void servesAUnaryCallAsJson(Version version) throws Exception {
        HttpResponse<byte[]> response =
                send(version, "One", JSON, ConnectFixture.json("you"), "connect-protocol-version", "1");
        assertThat(response.version()).isEqualTo(version);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains(JSON);
        assertThat(response.body()).asString(UTF_8).isEqualTo("{\"reason\":\"hello you\"}");
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void servesAUnaryCallAsBinaryMessage(Version version) throws Exception {
        HttpResponse<byte[]> response =
                send(version, "One", PROTO, ConnectFixture.message("you").toByteArray());
        assertThat(response.headers().firstValue("content-type")).contains(PROTO);
        assertThat(ErrorInfo.parseFrom(response.body())).isEqualTo(ConnectFixture.message("hello you"));
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void servesAStreamOfTheServer(Version version) throws Exception {
        HttpResponse<byte[]> response =
                send(version, "Many", JSON_STREAM, ConnectFixture.envelopes(ConnectFixture.json("2")));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains(JSON_STREAM);
        assertThat(ConnectFixture.contents(response.body()))
                .containsExactly("0 {\"reason\":\"0\"}", "0 {\"reason\":\"1\"}", "2 {}");
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void servesAStreamOfTheClient(Version version) throws Exception {
        byte[] requests = ConnectFixture.envelopes(
                ConnectFixture.message("a").toByteArray(),
                ConnectFixture.message("b").toByteArray());
        List<String> responses = ConnectFixture.contents(
                send(version, "Join", PROTO_STREAM, requests).body());
        assertThat(responses).hasSize(2).last().isEqualTo("2 {}");
        assertThat(responses.getFirst()).contains("a+b");
    }

    @Test
    void repliesBeforeTheClientHasEndedItsStream() throws Exception {
        try (Socket socket = fixture.socket()) {
            OutputStream out = socket.getOutputStream();
            out.write(ConnectFixture.head("Talk", JSON_STREAM, "Transfer-Encoding: chunked\r\n"));
            for (String text : List.of("a", "b")) {
                ConnectFixture.chunk(out, ConnectFixture.envelopes(ConnectFixture.json(text)));
                assertThat(ConnectFixture.until(socket.getInputStream(), "re " + text))
                        .contains("re " + text);
            }
            out.write("0\r\n\r\n".getBytes(UTF_8));
            assertThat(ConnectFixture.until(socket.getInputStream(), "{}")).contains("{}");
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void anErrorHasItsDetailsAndMetadata(Version version) throws Exception {
        HttpResponse<byte[]> response = send(version, "Fail", JSON, ConnectFixture.json(""), "x-sent", "42");
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.headers().firstValue("content-type")).contains(JSON);
        assertThat(response.headers().firstValue("x-seen")).contains("42");
        assertThat(response.headers().firstValue("trailer-x-last")).contains("bye");
        assertThat(response.headers().firstValue("trailer-x-last-bin")).contains("AQI");
        assertThat(response.body())
                .asString(UTF_8)
                .isEqualTo("{\"code\":\"not_found\",\"message\":\"no such thing\",\"details\":[{\"type\":"
                        + "\"google.rpc.ErrorInfo\",\"value\":\"CgN3aHk\"}]}");
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void anErrorOfAStreamIsInItsEnd(Version version) throws Exception {
        HttpResponse<byte[]> response =
                send(version, "FailLater", JSON_STREAM, ConnectFixture.envelopes(ConnectFixture.json("")));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(ConnectFixture.contents(response.body()))
                .singleElement()
                .asString()
                .startsWith("2 {\"error\":{\"code\":\"not_found\"")
                .contains("\"metadata\":{\"x-last\":[\"bye\"],\"x-last-bin\":[\"AQI\"]}");
    }

    @ParameterizedTest
    @CsvSource({"Wait,application/json", "Watch,application/connect+json"})
    void aDeadlineEndsACall(String method, String type) throws Exception {
        boolean isStream = method.equals("Watch");
        byte[] body = isStream ? ConnectFixture.envelopes(ConnectFixture.json("")) : ConnectFixture.json("");
        HttpResponse<byte[]> response = send(Version.HTTP_2, method, type, body, "connect-timeout-ms", "50");
        assertThat(response.statusCode()).isEqualTo(isStream ? 200 : 504);
        assertThat(response.body()).asString(UTF_8).contains("\"code\":\"deadline_exceeded\"");
        fixture.cancelled.get(30, TimeUnit.SECONDS);
    }

    @Test
    void aClientThatDisconnectsDetaches() throws Exception {
        try (Socket socket = fixture.socket()) {
            OutputStream out = socket.getOutputStream();
            out.write(ConnectFixture.head("Talk", JSON_STREAM, "Transfer-Encoding: chunked\r\n"));
            ConnectFixture.chunk(out, ConnectFixture.envelopes(ConnectFixture.json("a")));
            assertThat(ConnectFixture.until(socket.getInputStream(), "re a")).contains("re a");
        }
        fixture.cancelled.get(30, TimeUnit.SECONDS);
    }

    @Test
    void aStreamOfHttp2ThatIsCancelledDetaches() throws Exception {
        HttpRequest request = fixture.request("Watch", JSON_STREAM)
                .POST(HttpRequest.BodyPublishers.ofByteArray(ConnectFixture.envelopes(ConnectFixture.json("go"))))
                .build();
        try (HttpClient client = fixture.client(Version.HTTP_2)) {
            try (InputStream body = client.send(request, HttpResponse.BodyHandlers.ofInputStream())
                    .body()) {
                assertThat(ConnectFixture.until(body, "waits")).contains("waits");
            }
            fixture.cancelled.get(30, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            connect-protocol-version | 2     | 400 | invalid_argument
            connect-timeout-ms       | soon  | 400 | invalid_argument
            connect-timeout-ms       | 99999999999 | 400 | invalid_argument
            content-encoding         | gzip  | 501 | unimplemented
            """)
    void refusesAHeader(String name, String value, int status, String code) throws Exception {
        HttpResponse<byte[]> response = send(Version.HTTP_1_1, "One", JSON, ConnectFixture.json("x"), name, value);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body()).asString(UTF_8).contains("\"code\":\"" + code + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "One,text/plain,415",
        "One,application/connect+json,415",
        "Many,application/json,415",
        "None,application/json,404"
    })
    void refusesAPathOrType(String method, String type, int status) throws Exception {
        assertThat(send(Version.HTTP_1_1, method, type, ConnectFixture.json("x"))
                        .statusCode())
                .isEqualTo(status);
    }

    @Test
    void refusesAnotherMethodThanPost() throws Exception {
        try (HttpClient client = fixture.client(Version.HTTP_1_1)) {
            HttpResponse<String> response =
                    client.send(fixture.request("One", JSON).GET().build(), HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(405);
            assertThat(response.headers().firstValue("allow")).contains("POST");
        }
    }

    private HttpResponse<byte[]> send(Version version, String method, String type, byte[] body, String... headers)
            throws IOException, InterruptedException {
        try (HttpClient client = fixture.client(version)) {
            return fixture.send(client, method, type, body, headers);
        }
    }
}
