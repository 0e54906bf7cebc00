package io.neurovisor.e2b.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.e2b.BoxFixture;
import io.neurovisor.e2b.ServedE2b;
import io.neurovisor.e2b.ServedE2b.Answer;
import io.neurovisor.testkit.FakeFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FilesApiTest extends BoxFixture {
    private static final String OCTETS = "application/octet-stream";
    private static final String MULTIPART = "multipart/form-data; boundary=b";

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
        Answer written = box.write("?path=d%2Fn", OCTETS, content);
        assertThat(written.json().at("/0/path").asText()).isEqualTo("/home/user/d/n");
        assertThat(written.json().at("/0/type").asText()).isEqualTo("file");
        Answer read = box.read("/home/user/d/n");
        assertThat(read.response().body()).isEqualTo(content);
        assertThat(read.header("Content-Length")).contains("300000");
    }

    @Test
    void compressedContentIsWrittenAsItWas() throws Exception {
        assertThat(box.write("?path=n", OCTETS, gzip("41".getBytes(UTF_8)), "Content-Encoding", "gzip")
                        .status())
                .isEqualTo(200);
        assertThat(box.read("n").text()).isEqualTo("41");
    }

    /** Each escape took stack, until the part was lost without an error. */
    @Test
    void aNameOfManyEscapesIsRead() throws Exception {
        String name = "d/".repeat(1300) + "n";
        String escaped = name.chars().mapToObj(one -> "\\" + (char) one).collect(Collectors.joining());
        assertThat(box.write("", MULTIPART, parts(part(escaped, "41"))).status())
                .isEqualTo(200);
        assertThat(box.read(name).text()).isEqualTo("41");
    }

    @Test
    void eachPartIsAFile() throws Exception {
        String[] all = IntStream.range(0, 100)
                .mapToObj(number -> part("d/" + number, "content " + number))
                .toArray(String[]::new);
        assertThat(box.write("", MULTIPART, parts(all)).json()).hasSize(100);
        assertThat(box.read("d/99").text()).isEqualTo("content 99");
        assertThat(box.write("?path=one", MULTIPART, parts(part("ignored", "1")))
                        .json()
                        .at("/0/name")
                        .asText())
                .isEqualTo("one");
        assertThat(box.write("", MULTIPART, parts(part("a \\\"quoted\\\" name", "1")))
                        .json()
                        .at("/0/name")
                        .asText())
                .isEqualTo("a \"quoted\" name");
    }

    @Test
    void metadataIsKeptWithAFile() throws Exception {
        Answer written = box.write("?path=n", OCTETS, new byte[1], "X-Metadata-Author", "me & you", "x-metadata-b", "");
        assertThat(written.json().at("/0/metadata/author").asText()).isEqualTo("me & you");
        Answer entry = box.call("filesystem.Filesystem/Stat", "{\"path\":\"n\"}");
        assertThat(entry.json().at("/entry/metadata/author").asText()).isEqualTo("me & you");
        assertThat(entry.json().at("/entry/metadata")).hasSize(2);
        assertThat(box.write("", MULTIPART, parts(part("a", "1"), part("b", "2")), "X-Metadata-c", "d")
                        .json()
                        .findValuesAsText("c"))
                .containsExactly("d", "d");
        assertThat(box.write("?path=n", OCTETS, new byte[1], "X-Metadata-", "x")
                        .json()
                        .at("/0")
                        .has("metadata"))
                .isFalse();
    }

    @Test
    void twoPartsForOnePathAreRefused() throws Exception {
        assertThat(box.write("?path=n", MULTIPART, parts(part("a", "1"), part("b", "2")))
                        .problem())
                .contains("part 2");
        assertThat(box.read("n").text()).isEqualTo("1");
    }

    @Test
    void aPartThatIsNoFileIsSkipped() throws Exception {
        byte[] body = parts(part("a", "1").replace("name=\"file\"", "name=\"other\""), part("b", "2"));
        assertThat(box.write("", MULTIPART, body).json().findValuesAsText("name"))
                .containsExactly("b");
        assertThat(box.read("a").status()).isEqualTo(404);
    }

    @Test
    void whatIsNotServedNeedsATokenAndIsNamed() throws Exception {
        assertThat(api.send(box.request(ServedE2b.ENVD, "/files").DELETE()).status())
                .isEqualTo(405);
        assertThat(api.send(box.request(ServedE2b.ENVD, "/none")).status()).isEqualTo(404);
        assertThat(api.send(box.anonymous(ServedE2b.ENVD, "/none")).status()).isEqualTo(401);
    }

    @Test
    void metadataIsLimited() throws Exception {
        assertThat(box.write("?path=n", OCTETS, new byte[1], "X-Metadata-a", "x".repeat(5000))
                        .problem())
                .contains("4096");
        assertThat(box.write("?path=n", OCTETS, new byte[1], "X-Metadata-a", "x".repeat(2000))
                        .problem())
                .contains("xattrs");
        assertThat(
                        api.raw(
                                "POST /files?path=n HTTP/1.1\r\nHost: x\r\nConnection: close\r\nE2b-Sandbox-Id: "
                                        + box.id()
                                        + "\r\nE2b-Sandbox-Port: 49983\r\nX-Access-Token: " + box.token()
                                        + "\r\nContent-Type: application/octet-stream\r\nX-Metadata-a: \u00e4\r\nContent-Length: 1\r\n\r\nx"))
                .startsWith("HTTP/1.1 400");
        assertThat(box.read("n").status()).isEqualTo(404);
    }

    @Test
    void aPartWithoutANameIsNamed() throws Exception {
        String[] all = IntStream.rangeClosed(1, 100)
                .mapToObj(number -> part(number == 57 ? "" : "d/" + number, "content " + number))
                .toArray(String[]::new);
        Answer answer = box.write("", MULTIPART, parts(all));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.problem()).contains("part 57");
        assertThat(box.read("d/56").status()).isEqualTo(200);
        assertThat(box.read("d/58").status()).isEqualTo(404);
    }

    @Test
    void nothingMayPrecedeTheFirstBoundary() throws Exception {
        byte[] body = "text\r\n--b\r\nContent-Disposition: form-data\r\n\r\nnew\r\n--b--".getBytes(UTF_8);
        Answer answer = box.write("?path=n", MULTIPART, body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.problem()).contains("does not begin with the boundary");
        assertThat(box.read("n").status()).isEqualTo(404);
    }

    /** What the parser would make of such lines depends on the pieces in which they arrive. */
    @Test
    void linesOfPartsEndWithCarriageReturns() throws Exception {
        byte[] body =
                "--b\nContent-Disposition: form-data; name=\"file\"; filename=\"n\"\n\nnew\n--b--\n".getBytes(UTF_8);
        Answer answer = box.write("?path=n", MULTIPART, body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.problem()).contains("malformed");
        assertThat(box.read("n").status()).isEqualTo(404);
        String text = "a\nb\r\n-\n\r\n\n--c\n";
        String encoded = part("n", text).replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: binary\r\n\r\n");
        assertThat(box.write("", MULTIPART, parts(encoded)).status()).isEqualTo(200);
        assertThat(box.read("n").text()).isEqualTo(text);
    }

    @Test
    void aBodyThatEndsEarlyLeavesTheFile() throws Exception {
        assertThat(box.write("?path=n", OCTETS, "old".getBytes(UTF_8)).status()).isEqualTo(200);
        assertThat(box.write("?path=n", MULTIPART, "--b\r\nContent-Disposition: form-data\r\n\r\nnew".getBytes(UTF_8))
                        .status())
                .isEqualTo(400);
        assertThat(box.write("?path=n", MULTIPART, "--b\r\nContent-Disposition: form-data\r\n\r\nnew".getBytes(UTF_8))
                        .problem())
                .contains("not complete");
        byte[] compressed = gzip(new byte[100_000]);
        Answer cut = box.write(
                "?path=n", OCTETS, Arrays.copyOf(compressed, compressed.length / 2), "Content-Encoding", "gzip");
        assertThat(cut.status()).isEqualTo(400);
        assertThat(cut.problem()).contains("gzip");
        api.raw("POST /files?path=n HTTP/1.1\r\nHost: x\r\nE2b-Sandbox-Id: " + box.id()
                + "\r\nE2b-Sandbox-Port: 49983\r\nX-Access-Token: " + box.token()
                + "\r\nContent-Type: application/octet-stream\r\nContent-Length: 100\r\n\r\nnew");
        assertThat(box.read("n").text()).isEqualTo("old");
    }

    @Test
    void aClientThatResetsItsConnectionLeavesTheFile() throws Exception {
        assertThat(box.write("?path=n", OCTETS, "old".getBytes(UTF_8)).status()).isEqualTo(200);
        try (Socket socket = api.socket()) {
            socket.getOutputStream()
                    .write(("POST /files?path=n HTTP/1.1\r\nHost: x\r\nE2b-Sandbox-Id: " + box.id()
                                    + "\r\nE2b-Sandbox-Port: 49983\r\nX-Access-Token: " + box.token()
                                    + "\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n"
                                    + "new".repeat(100_000))
                            .getBytes(UTF_8));
            while (api.guest().files().openWriters() == 0) {
                Thread.onSpinWait();
            }
            socket.setSoLinger(true, 0);
        }
        while (api.guest().files().openWriters() > 0) {
            Thread.onSpinWait();
        }
        assertThat(box.read("n").text()).isEqualTo("old");
    }

    @ParameterizedTest
    @CsvSource({
        "'', application/octet-stream, '', x, 400, path",
        "?path=n, '', '', x, 400, content-type",
        "?path=n, text/plain, '', x, 400, content-type",
        "?path=n, application/octet-stream, br, x, 400, content-encoding",
        "?path=n, application/octet-stream, gzip, x, 400, gzip",
        "?path=n, multipart/form-data, '', x, 400, boundary",
        "?path=n, 'multipart/form-data; boundary=\"b', '', x, 400, content-type",
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
        Answer answer = box.write(query, type, body.getBytes(UTF_8), headers);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.problem()).containsIgnoringCase(problem);
    }

    @Test
    void aFullDiskIsNamed() throws Exception {
        byte[] compressed = gzip(new byte[16 << 20]);
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        for (int count = 0; count < 640; count++) {
            bomb.writeBytes(compressed); // One after the other is gzip, too: 10 GiB.
        }
        Answer answer = box.write("?path=bomb", OCTETS, bomb.toByteArray(), "Content-Encoding", "gzip");
        assertThat(answer.status()).isEqualTo(507);
        assertThat(answer.header("Should-Retry")).contains("false");
        assertThat(box.read("bomb").status()).isEqualTo(404);
        // A client that reads only after it has sent all gets the answer, too.
        assertThat(api.raw("POST /files?path=bomb HTTP/1.1\r\nHost: x\r\nConnection: close\r\nE2b-Sandbox-Id: "
                        + box.id()
                        + "\r\nE2b-Sandbox-Port: 49983\r\nX-Access-Token: " + box.token()
                        + "\r\nContent-Type: application/octet-stream\r\nContent-Length: " + (3 * FakeFiles.ROOM)
                        + "\r\n\r\n" + "x".repeat((int) (3 * FakeFiles.ROOM))))
                .startsWith("HTTP/1.1 507");
        String large = "x".repeat((int) FakeFiles.ROOM + 1);
        assertThat(box.write("", MULTIPART, parts(part("first", "1"), part("bomb", large), part("last", "3")))
                        .status())
                .isEqualTo(507);
        assertThat(box.read("bomb").status()).isEqualTo(404);
    }
}
