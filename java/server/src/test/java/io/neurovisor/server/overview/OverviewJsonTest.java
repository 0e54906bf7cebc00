package io.neurovisor.server.overview;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OverviewJsonTest {
    @Test
    void readsWhatWasWritten() throws IOException {
        Overview overview = Overviews.hostile();
        String json = OverviewJson.write(overview);
        assertThat(OverviewJson.read(json)).isEqualTo(overview);
        assertThat(json)
                .matches("[ -~]*")
                .contains("\"total_ms\":", "\"keep_warm\":3", "\"started_at\":\"2026-01-01T00:00:00Z\"")
                .doesNotContain("secret code");
    }

    @Test
    void ignoresUnknownFields() throws IOException {
        Overview overview = Overviews.hostile();
        String json = OverviewJson.write(overview).replaceFirst("\\{", "{\"weather\":[\"fine\"],");
        assertThat(OverviewJson.read(json)).isEqualTo(overview);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "[]", "{}", "{\"at\":\"yesterday\"}", "{\"at\":1e999}", "<html>", "{} {}"})
    void rejectsOtherText(String text) {
        assertThatThrownBy(() -> OverviewJson.read(text)).isInstanceOf(IOException.class);
    }

    @Test
    void aDifferentTimeAloneIsNotAChange() {
        Activity none = new Activity(0, 0, 0, List.of(), List.of(), 5, List.of());
        Overview first = Overviews.of(none, 1);
        assertThat(Overviews.later(first, 1).showsTheSameAs(first)).isTrue();
        assertThat(Overviews.of(none, 2).showsTheSameAs(first)).isFalse();
    }
}
