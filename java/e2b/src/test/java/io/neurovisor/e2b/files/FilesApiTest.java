package io.neurovisor.e2b.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.e2b.Box;
import io.neurovisor.e2b.ServedE2b;
import io.neurovisor.e2b.ServedE2b.Answer;
import io.neurovisor.testkit.FakeFiles;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
@SuppressWarnings("NullAway.Init") // Set before each test.
final class FilesApiTest {
    private static final String OCTETS = "application/octet-stream";
    private static final String MULTIPART = "multipart/form-data; boundary=b";

    @TempDir
    private Path directory;

    private ServedE2b api;
    private Box box;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        api = new ServedE2b(directory);
        box = api.create();
    }

    @AfterEach
    void close() {
        api.close();
    }

    private Answer write(String query, String type, byte[] body, String... headers)
            throws IOException, InterruptedException {
        var request = box.request(ServedE2b.ENVD, "/files" + query).POST(BodyPublishers.ofByteArray(body));
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return api.send(request);
    }

    private Answer read(String path, String... headers) throws IOException, InterruptedException {
        var request = box.request(ServedE2b.ENVD, "/files?path=" + path);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return api.send(request);
    }

    private static String part(String name, String content) {
        return "--b\r\nContent-Disposition: form-data; name=\"file\"%s\r\n\r\n%s\r\n"
                .formatted(name.isEmpty() ? "" : "; filename=\"" + name + "\"", content);
    }

    private static byte[] parts(String... parts) {
        return (String.join("", parts) + "--b--\r\n").getBytes(UTF_8);
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(content);
        }
        return compressed.toByteArray();
    }

    @Test
    void octetsAreWrittenToThePath() throws Exception {
        byte[] content = new byte[300_000];
        new Random(1).nextBytes(content);
        Answer written = write("?path=d%2Fn", OCTETS, content);
        assertThat(written.json().at("/0/path").asText()).isEqualTo("/home/user/d/n");
        assertThat(written.json().at("/0/type").asText()).isEqualTo("file");
        Answer read = read("/home/user/d/n");
        assertThat(read.response().body()).isEqualTo(content);
        assertThat(read.header("Content-Length")).contains("300000");
    }

    @Test
    void compressedContentIsWrittenAsItWas() throws Exception {
        assertThat(write("?path=n", OCTETS, gzip("41".getBytes(UTF_8)), "Content-Encoding", "gzip")
                        .status())
                .isEqualTo(200);
        assertThat(read("n").text()).isEqualTo("41");
    }

    @Test
    void eachPartIsAFile() throws Exception {
        String[] all = IntStream.range(0, 100)
                .mapToObj(number -> part("d/" + number, "content " + number))
                .toArray(String[]::new);
        assertThat(write("", MULTIPART, parts(all)).json()).hasSize(100);
        assertThat(read("d/99").text()).isEqualTo("content 99");
        assertThat(write("?path=one", MULTIPART, parts(part("ignored", "1")))
                        .json()
                        .at("/0/name")
                        .asText())
                .isEqualTo("one");
        assertThat(write("", MULTIPART, parts(part("a \\\"quoted\\\" name", "1")))
                        .json()
                        .at("/0/name")
                        .asText())
                .isEqualTo("a \"quoted\" name");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "bytes=0-1, 206, 01, bytes 0-1/10",
                "bytes=8-, 206, 89, bytes 8-9/10",
                "bytes=-3, 206, 789, bytes 7-9/10",
                "bytes=-30, 206, 0123456789, bytes 0-9/10",
                "bytes=8-99, 206, 89, bytes 8-9/10",
                "bytes=10-, 416, -, bytes */10",
                "bytes=-0, 416, -, bytes */10",
                "bytes=999999999999999999-, 416, -, bytes */10",
                "bytes=9999999999999999999-, 200, 0123456789, -",
                "'bytes=0-1,3-4', 200, 0123456789, -",
                "bytes=2-1, 200, 0123456789, -",
                "bytes=-, 200, 0123456789, -",
                "lines=0-1, 200, 0123456789, -",
            })
    void aPartOfAFileIsRead(String range, int status, @Nullable String content, @Nullable String sent)
            throws Exception {
        assertThat(write("?path=n", OCTETS, "0123456789".getBytes(UTF_8)).status())
                .isEqualTo(200);
        Answer read = read("n", "Range", range);
        assertThat(read.status()).isEqualTo(status);
        assertThat(read.header("Content-Range")).isEqualTo(Optional.ofNullable(sent));
        if (content != null) {
            assertThat(read.text()).isEqualTo(content);
            assertThat(read.header("Content-Length")).contains(Integer.toString(content.length()));
        }
    }

    @Test
    void aPartOfAFileThatHasChangedIsTheWhole() throws Exception {
        assertThat(write("?path=n", OCTETS, "0123456789".getBytes(UTF_8)).status())
                .isEqualTo(200);
        String modified = read("n").header("Last-Modified").orElseThrow();
        assertThat(read("n", "Range", "bytes=0-1", "If-Range", modified).status())
                .isEqualTo(206);
        assertThat(read("n", "Range", "bytes=0-1", "If-Range", "Thu, 1 Jan 1970 00:00:00 GMT")
                        .status())
                .isEqualTo(200);
        assertThat(read("none", "Range", "bytes=0-1").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            delimiter = '|',
            value = {
                "gzip | 200 | gzip",
                "gzip, identity;q=0.5 | 200 | gzip",
                "gzip;q=0.5, identity | 200 | -",
                "gzip, deflate, br | 200 | -",
                "deflate | 200 | -",
                "* | 200 | -",
                "*;q=0, gzip | 200 | gzip",
                "identity;q=0, gzip, br | 200 | gzip",
                "identity;q=0 | 406 | -",
                "*;q=0 | 406 | -",
                "gzip;q=x | 200 | gzip",
            })
    void contentIsCompressedForClientsThatNameNothingElse(String accepted, int status, @Nullable String coding)
            throws Exception {
        byte[] content = new byte[300_000];
        assertThat(write("?path=n", OCTETS, content).status()).isEqualTo(200);
        Answer read = read("n", "Accept-Encoding", accepted);
        assertThat(read.status()).isEqualTo(status);
        assertThat(read.header("Content-Encoding")).isEqualTo(Optional.ofNullable(coding));
        if (coding != null) {
            assertThat(read.response().body()).hasSizeLessThan(10_000);
            assertThat(new GZIPInputStream(
                                    new ByteArrayInputStream(read.response().body()))
                            .readAllBytes())
                    .isEqualTo(content);
        }
    }

    @Test
    void metadataIsKeptWithAFile() throws Exception {
        Answer written = write("?path=n", OCTETS, new byte[1], "X-Metadata-Author", "me & you", "x-metadata-b", "");
        assertThat(written.json().at("/0/metadata/author").asText()).isEqualTo("me & you");
        Answer entry = box.call("filesystem.Filesystem/Stat", "{\"path\":\"n\"}");
        assertThat(entry.json().at("/entry/metadata/author").asText()).isEqualTo("me & you");
        assertThat(entry.json().at("/entry/metadata")).hasSize(2);
        assertThat(write("", MULTIPART, parts(part("a", "1"), part("b", "2")), "X-Metadata-c", "d")
                        .json()
                        .findValuesAsText("c"))
                .containsExactly("d", "d");
        assertThat(write("?path=n", OCTETS, new byte[1]).json().at("/0").has("metadata"))
                .isFalse();
    }

    @Test
    void metadataIsLimited() throws Exception {
        assertThat(write("?path=n", OCTETS, new byte[1], "X-Metadata-a", "x".repeat(5000))
                        .problem())
                .contains("4096");
        assertThat(write("?path=n", OCTETS, new byte[1], "X-Metadata-a", "x".repeat(2000))
                        .problem())
                .contains("xattrs");
        assertThat(write("?path=n", OCTETS, new byte[1], "X-Metadata-", "x").status())
                .isEqualTo(400);
        assertThat(
                        api.raw(
                                "POST /files?path=n HTTP/1.1\r\nHost: x\r\nConnection: close\r\nE2b-Sandbox-Id: "
                                        + box.id()
                                        + "\r\nE2b-Sandbox-Port: 49983\r\nX-Access-Token: " + box.token()
                                        + "\r\nContent-Type: application/octet-stream\r\nX-Metadata-a: \u00e4\r\nContent-Length: 1\r\n\r\nx"))
                .startsWith("HTTP/1.1 400");
        assertThat(read("n").status()).isEqualTo(404);
    }

    @Test
    void aPartWithoutANameIsNamed() throws Exception {
        Answer answer = write("", MULTIPART, parts(part("first", "1"), part("", "2")));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.problem()).contains("part 2");
    }

    @Test
    void aBodyThatEndsEarlyLeavesTheFile() throws Exception {
        assertThat(write("?path=n", OCTETS, "old".getBytes(UTF_8)).status()).isEqualTo(200);
        assertThat(write("?path=n", MULTIPART, "--b\r\nContent-Disposition: form-data\r\n\r\nnew".getBytes(UTF_8))
                        .status())
                .isEqualTo(400);
        byte[] compressed = gzip(new byte[100_000]);
        Answer cut =
                write("?path=n", OCTETS, Arrays.copyOf(compressed, compressed.length / 2), "Content-Encoding", "gzip");
        assertThat(cut.status()).isEqualTo(400);
        assertThat(cut.problem()).contains("gzip");
        api.raw("POST /files?path=n HTTP/1.1\r\nHost: x\r\nE2b-Sandbox-Id: " + box.id()
                + "\r\nE2b-Sandbox-Port: 49983\r\nX-Access-Token: " + box.token()
                + "\r\nContent-Type: application/octet-stream\r\nContent-Length: 100\r\n\r\nnew");
        assertThat(read("n").text()).isEqualTo("old");
    }

    @ParameterizedTest
    @CsvSource({
        "'', application/octet-stream, '', x, 400, path",
        "?path=n, '', '', x, 400, content-type",
        "?path=n, text/plain, '', x, 400, content-type",
        "?path=n, application/octet-stream, br, x, 400, content-encoding",
        "?path=n, application/octet-stream, gzip, x, 400, gzip",
        "?path=n, multipart/form-data, '', x, 400, boundary",
        "?path=n, 'multipart/form-data; boundary=b', '', x, 400, body",
        "?path=n, 'multipart/form-data; boundary=b', '', '--b\r\n\r\n\r\n--b', 400, body",
        "?path=a%00b, application/octet-stream, '', x, 400, NUL",
        "?path=, application/octet-stream, '', x, 400, path",
        "?path=/etc/passwd, application/octet-stream, '', x, 403, permission",
        "?path=../../etc/passwd, application/octet-stream, '', x, 403, permission",
        "?path=., application/octet-stream, '', x, 400, directory",
    })
    void aWrongWriteIsNamed(String query, String type, String encoding, String body, int status, String problem)
            throws Exception {
        String[] headers = encoding.isEmpty() ? new String[0] : new String[] {"Content-Encoding", encoding};
        Answer answer = write(query, type, body.getBytes(UTF_8), headers);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.problem()).containsIgnoringCase(problem);
    }

    @ParameterizedTest
    @CsvSource({"none, 404", ".., 400", "a%00b, 400", "'', 400", "none/../none, 404"})
    void aWrongReadIsNamed(String path, int status) throws Exception {
        Answer answer = read(path);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.problem()).isNotEmpty();
    }

    @Test
    void aPathThatIsTooLongIsRefused() throws Exception {
        Answer answer = read("x".repeat(5000));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.problem()).contains("5000");
    }

    @ParameterizedTest
    @CsvSource({"path=%ff", "path=%zz", "path=%", "path=%c3%28"})
    void aQueryThatIsNotEncodedIsAnError(String query) throws Exception {
        String answer = api.raw("GET /files?" + query + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nE2b-Sandbox-Id: "
                + box.id() + "\r\nE2b-Sandbox-Port: 49983\r\nX-Access-Token: " + box.token() + "\r\n\r\n");
        assertThat(answer.lines().findFirst().orElse("")).matches("HTTP/1.1 40[04].*");
    }

    @Test
    void aFullDiskIsNamed() throws Exception {
        byte[] bomb = gzip(new byte[(int) FakeFiles.ROOM + (1 << 20)]);
        assertThat(bomb).hasSizeLessThan(100_000);
        Answer answer = write("?path=bomb", OCTETS, bomb, "Content-Encoding", "gzip");
        assertThat(answer.status()).isEqualTo(507);
        assertThat(answer.header("Should-Retry")).contains("false");
        assertThat(read("bomb").status()).isEqualTo(404);
        String large = "x".repeat((int) FakeFiles.ROOM + 1);
        assertThat(write("", MULTIPART, parts(part("first", "1"), part("bomb", large), part("last", "3")))
                        .status())
                .isEqualTo(507);
        assertThat(read("bomb").status()).isEqualTo(404);
    }

    @Test
    void aSignedAddressNeedsNoToken() throws Exception {
        assertThat(write("?path=n", OCTETS, "41".getBytes(UTF_8)).status()).isEqualTo(200);
        long later = Instant.now().getEpochSecond() + 100;
        String signature = signature("n:read:user:" + box.token() + ":" + later);
        String query = "&username=user&signature_expiration=" + later + "&signature=";
        assertThat(signed("path=n" + query + signature)).isEqualTo(200);
        assertThat(signed("path=m" + query + signature)).isEqualTo(401);
        assertThat(signed("path=n" + query + signature.substring(0, 20))).isEqualTo(401);
        assertThat(signed("path=n&signature=" + signature)).isEqualTo(401);
        assertThat(signed("path=n&username=root&signature=" + signature)).isEqualTo(401);
        assertThat(signed("path=n&signature=" + signature("n:read::" + box.token())))
                .isEqualTo(200);
        assertThat(signed("path=n&signature_expiration=1&signature=" + signature("n:read::" + box.token() + ":1")))
                .isEqualTo(401);
        assertThat(signed("path=n&signature_expiration=x&signature=" + signature))
                .isEqualTo(401);
    }

    private int signed(String query) throws IOException, InterruptedException {
        return api.send(box.anonymous(ServedE2b.ENVD, "/files?" + query)).status();
    }

    private static String signature(String text) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
        return "v1_"
                + Base64.getEncoder().withoutPadding().encodeToString(digest).replace("+", "%2B");
    }
}
