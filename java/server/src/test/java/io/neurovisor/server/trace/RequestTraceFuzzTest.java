package io.neurovisor.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Tag;

/** Whatever a client sends in the headers by which a request is traced. */
@Tag("fuzz")
final class RequestTraceFuzzTest {
    /** An id in its form, and a name that can be shown; what is told of it is understood again. */
    @FuzzTest
    void headers(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int cut = text.indexOf('\n');
        RequestTrace trace = RequestTrace.of(text.substring(0, Math.max(0, cut)), text.substring(cut + 1));
        assertThat(trace.id().hex()).matches("[0-9a-f]{32}").isNotEqualTo("0".repeat(32));
        assertThat(trace.shown()).matches("[ -~]{1,128}");
        trace.parent()
                .ifPresent(parent ->
                        assertThat(parent.getTraceId()).isEqualTo(trace.id().hex()));
        RequestTrace again = RequestTrace.of(trace.response(new Random(1)), null);
        assertThat(again.id()).isEqualTo(trace.id());
        assertThat(again.isOurs()).isFalse();
        assertThat(RequestTrace.of(null, trace.id().toString()).id()).isEqualTo(trace.id());
    }
}
