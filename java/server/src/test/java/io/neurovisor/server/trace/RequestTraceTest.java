package io.neurovisor.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestTraceTest {
    private static final String PARENT = "00-01941ab36d8c7a2bb4e19c1234567890-00f067aa0ba902b7-01";
    private static final UUID OF_PARENT = UUID.fromString("01941ab3-6d8c-7a2b-b4e1-9c1234567890");

    @Test
    void aParentDecidesTheId() {
        RequestTrace trace = RequestTrace.of(PARENT, "11111111-1111-7111-8111-111111111111");
        assertThat(trace.id().value()).isEqualTo(OF_PARENT);
        assertThat(trace.clientId()).isEmpty();
        assertThat(trace.displayId()).isEqualTo(OF_PARENT.toString());
    }

    @Test
    void acceptsMoreFieldsFromALaterVersion() {
        assertThat(RequestTrace.of(PARENT.replaceFirst("00", "cc") + "-more", null)
                        .id()
                        .value())
                .isEqualTo(OF_PARENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"01941ab3-6d8c-7a2b-b4e1-9c1234567890", "01941AB36D8C7A2BB4E19C1234567890"})
    void usesAValidId(String id) {
        assertThat(RequestTrace.of(null, id).id().value()).isEqualTo(OF_PARENT);
    }

    @Test
    void returnsAnyOtherNameWithAGeneratedId() {
        RequestTrace trace = RequestTrace.of(null, "my-trace-123");
        assertThat(trace.clientId()).contains("my-trace-123");
        assertThat(trace.displayId()).isEqualTo("my-trace-123");
        assertThat(trace.id().value().version()).isEqualTo(7);
        assertThat(trace.response(new Random(1)))
                .startsWith("00-" + trace.id().toString().replace("-", "") + "-")
                .matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
    }

    @Test
    void keepsANameInAdditionToAParent() {
        RequestTrace trace = RequestTrace.of(PARENT, "my-trace-123");
        assertThat(trace.id().value()).isEqualTo(OF_PARENT);
        assertThat(trace.clientId()).contains("my-trace-123");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "null",
            value = {
                "null,null",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01,null",
                "00-01941ab36d8c7a2bb4e19c1234567890-0000000000000000-01,null",
                "ff-01941ab36d8c7a2bb4e19c1234567890-00f067aa0ba902b7-01,null",
                "00-01941AB36D8C7A2BB4E19C1234567890-00f067aa0ba902b7-01,null",
                "00-01941ab36d8c7a2bb4e19c1234567890-00f067aa0ba902b7-01-more,null",
                "cc-01941ab36d8c7a2bb4e19c1234567890-00f067aa0ba902b7-01.more,null",
                "nonsense,'  '",
                "null,00000000-0000-0000-0000-000000000000",
                "null,gr\u00fc\u00df",
            })
    void ignoresInvalidHeaders(String parent, String id) {
        RequestTrace trace = RequestTrace.of(parent, id);
        assertThat(trace.id().value().version()).isEqualTo(7);
        assertThat(trace.clientId().filter(name -> !name.startsWith("00000000")))
                .isEmpty();
    }

    @Test
    void aNameHasAtMost128Characters() {
        assertThat(RequestTrace.of(null, "x".repeat(128)).clientId()).isEqualTo(Optional.of("x".repeat(128)));
        assertThat(RequestTrace.of(null, "x".repeat(129)).clientId()).isEmpty();
    }
}
