package io.neurovisor.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.neurovisor.engine.text.UntrustedText;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Tag;

/** Whatever stands in a config file. */
@Tag("fuzz")
final class ConfigFuzzTest {
    /** Settings that say the same when they are written as they are shown, and problems in one harmless line each. */
    @FuzzTest
    void file(byte[] bytes) {
        ConfigFile file = new YamlSettings("config.yaml").parse(new String(bytes, StandardCharsets.UTF_8));
        assertThat(file.problems()).allSatisfy(problem -> assertThat(problem).isEqualTo(UntrustedText.line(problem)));
        file.entries().forEach((name, entry) -> {
            assertSame(Setting.named(name).orElseThrow(), entry.value());
            assertThat(Shown.text(entry.value())).isEqualTo(UntrustedText.line(Shown.text(entry.value())));
        });
    }

    private static <T> void assertSame(Setting<T> setting, String text) {
        Optional<T> value = setting.form().parser().apply(text);
        value.ifPresent(known -> assertThat(
                        setting.form().parser().apply(setting.form().printer().apply(known)))
                .isEqualTo(value));
    }
}
