package io.neurovisor.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Tag;

/** Any text that a client may send in its trace headers. */
@Tag("fuzz")
final class RequestTraceFuzzTest {
    /** The id is valid, the name is printable, and the response header can be parsed again. */
    @FuzzTest
    void headers(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int cut = text.indexOf('\n');
        RequestTrace trace = RequestTrace.of(text.substring(0, Math.max(0, cut)), text.substring(cut + 1));
        assertThat(trace.id().hex()).matches("[0-9a-f]{32}").isNotEqualTo("0".repeat(32));
        assertThat(trace.displayId()).matches("[ -~]{1,128}");
        trace.parent()
                .ifPresent(parent ->
                        assertThat(parent.getTraceId()).isEqualTo(trace.id().hex()));
        RequestTrace again = RequestTrace.of(trace.response(new Random(1)), null);
        assertThat(again.id()).isEqualTo(trace.id());
        assertThat(again.isOurs()).isFalse();
        assertThat(RequestTrace.of(null, trace.id().toString()).id()).isEqualTo(trace.id());
    }
}
