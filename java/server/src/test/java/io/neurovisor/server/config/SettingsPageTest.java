package io.neurovisor.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Tests that {@code docs/settings.md} lists every setting with its environment variable. */
final class SettingsPageTest {
    @Test
    void listsEverySetting() throws IOException {
        String page = Files.readString(Path.of(System.getProperty("neurovisor.home"), "docs", "settings.md"));
        assertThat(Setting.ALL)
                .allSatisfy(setting -> assertThat(page)
                        .containsPattern("(?m)^\\| `" + setting.name() + "` \\|.*\\| `" + setting.variable() + "` \\|"));
    }
}
