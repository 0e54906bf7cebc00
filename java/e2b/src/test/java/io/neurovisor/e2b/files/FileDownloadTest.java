package io.neurovisor.e2b.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.e2b.Box;
import io.neurovisor.e2b.BoxFixture;
import io.neurovisor.e2b.ServedE2b;
import io.neurovisor.e2b.ServedE2b.Answer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FileDownloadTest extends BoxFixture {
    private static final String OCTETS = "application/octet-stream";

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
        assertThat(box.write("?path=n", OCTETS, "0123456789".getBytes(UTF_8)).status())
                .isEqualTo(200);
        Answer read = box.read("n", "Range", range);
        assertThat(read.status()).isEqualTo(status);
        assertThat(read.header("Content-Range")).isEqualTo(Optional.ofNullable(sent));
        if (content != null) {
            assertThat(read.text()).isEqualTo(content);
            assertThat(read.header("Content-Length")).contains(Integer.toString(content.length()));
        }
    }

    @Test
    void aPartOfAFileThatHasChangedIsTheWhole() throws Exception {
        assertThat(box.write("?path=n", OCTETS, "0123456789".getBytes(UTF_8)).status())
                .isEqualTo(200);
        String modified = box.read("n").header("Last-Modified").orElseThrow();
        assertThat(box.read("n", "Range", "bytes=0-1", "If-Range", modified).status())
                .isEqualTo(206);
        assertThat(box.read("n", "Range", "bytes=0-1", "If-Range", "Thu, 1 Jan 1970 00:00:00 GMT")
                        .status())
                .isEqualTo(200);
        assertThat(box.read("none", "Range", "bytes=0-1").status()).isEqualTo(404);
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
        assertThat(box.write("?path=n", OCTETS, content).status()).isEqualTo(200);
        Answer read = box.read("n", "Accept-Encoding", accepted);
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

    @ParameterizedTest
    @CsvSource({"none, 404", ".., 400", "a%00b, 400", "'', 400", "none/../none, 404"})
    void aWrongReadIsNamed(String path, int status) throws Exception {
        Answer answer = box.read(path);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.problem()).isNotEmpty();
    }

    @Test
    void aPathThatIsTooLongIsRefused() throws Exception {
        Answer answer = box.read("x".repeat(5000));
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
    void aSignedAddressNeedsNoToken() throws Exception {
        assertThat(box.write("?path=n", OCTETS, "41".getBytes(UTF_8)).status()).isEqualTo(200);
        long later = Instant.now().getEpochSecond() + 100;
        String signature = signature("n:read:user:" + box.token() + ":" + later);
        String query = "&username=user&signature_expiration=" + later + "&signature=";
        assertThat(signed("path=n" + query + signature)).isEqualTo(200);
        assertThat(signed("path=m" + query + signature)).isEqualTo(401);
        assertThat(signed("path=n" + query + truncated(signature))).isEqualTo(401);
        assertThat(signed("path=n&signature=" + signature)).isEqualTo(401);
        assertThat(signed("path=n&username=root&signature=" + signature)).isEqualTo(401);
        assertThat(signed("path=n&signature=" + signature("n:read::" + box.token())))
                .isEqualTo(200);
        assertThat(signed("path=n&signature_expiration=1&signature=" + signature("n:read::" + box.token() + ":1")))
                .isEqualTo(401);
        assertThat(signed("path=n&signature_expiration=x&signature=" + signature))
                .isEqualTo(400);
    }

    @Test
    void aTokenCountsBeforeASignature() throws Exception {
        assertThat(box.write("?path=n", OCTETS, "41".getBytes(UTF_8)).status()).isEqualTo(200);
        assertThat(box.read("n&signature=v1_wrong").status()).isEqualTo(200);
        String signature = signature("n:read::" + box.token());
        assertThat(api.send(box.anonymous(ServedE2b.ENVD, "/files?path=n&signature=" + signature)
                                .header("X-Access-Token", "wrong"))
                        .status())
                .isEqualTo(401);
    }

    @Test
    void aPartOfAnEmptyFileIsTheWhole() throws Exception {
        assertThat(box.write("?path=n", OCTETS, new byte[0]).status()).isEqualTo(200);
        assertThat(box.read("n", "Range", "bytes=0-").status()).isEqualTo(200);
    }

    @Test
    void aFileThatTheClientHasIsNotSent() throws Exception {
        assertThat(box.write("?path=n", OCTETS, "41".getBytes(UTF_8)).status()).isEqualTo(200);
        String modified = box.read("n").header("Last-Modified").orElseThrow();
        assertThat(box.read("n", "If-Modified-Since", modified).status()).isEqualTo(304);
        assertThat(box.read("n", "If-Modified-Since", "Thu, 1 Jan 1970 00:00:00 GMT")
                        .status())
                .isEqualTo(200);
        assertThat(box.read("n", "If-Modified-Since", "x").status()).isEqualTo(200);
    }

    @Test
    void anAnswerHasTheNameOfTheFile() throws Exception {
        assertThat(box.write("?path=d/n.txt", OCTETS, "41".getBytes(UTF_8)).status())
                .isEqualTo(200);
        assertThat(box.read("d/n.txt").header("Content-Disposition")).contains("inline; filename=n.txt");
    }

    @Test
    void aSignedAddressNeedsNoNameOfItsSandbox() throws Exception {
        assertThat(box.write("?path=n", OCTETS, "41".getBytes(UTF_8)).status()).isEqualTo(200);
        Box other = api.create();
        assertThat(anonymous("path=n&signature=" + signature("n:read::" + box.token()))
                        .text())
                .isEqualTo("41");
        assertThat(anonymous("path=n&signature=" + signature("n:read::" + other.token()))
                        .status())
                .isEqualTo(404);
        assertThat(anonymous("path=n&signature=" + signature("n:write::" + box.token()))
                        .status())
                .isEqualTo(401);
        assertThat(anonymous("path=n").status()).isEqualTo(404);
        Answer expired =
                anonymous("path=n&signature_expiration=1&signature=" + signature("n:read::" + box.token() + ":1"));
        assertThat(expired.status()).isEqualTo(401);
        assertThat(expired.problem()).isEqualTo("signature is already expired");
        assertThat(api.control("DELETE", "/sandboxes/" + box.id(), "").status()).isEqualTo(204);
        assertThat(anonymous("path=n&signature=" + signature("n:read::" + box.token()))
                        .status())
                .isEqualTo(401);
    }

    private Answer anonymous(String query) throws IOException, InterruptedException {
        return api.send(api.request("/files?" + query));
    }

    private int signed(String query) throws IOException, InterruptedException {
        return api.send(box.anonymous(ServedE2b.ENVD, "/files?" + query)).status();
    }

    private static String truncated(String signature) {
        String decoded = URLDecoder.decode(signature, UTF_8);
        return URLEncoder.encode(decoded.substring(0, 20), UTF_8);
    }

    private static String signature(String text) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
        return URLEncoder.encode("v1_" + Base64.getEncoder().withoutPadding().encodeToString(digest), UTF_8);
    }
}
