package io.neurovisor.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.server.setting.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of settings in the documentation is generated from their declarations. */
final class SettingsPageTest {
    private static final Path PAGE = Path.of(System.getProperty("neurovisor.home"), "docs", "settings.md");
    private static final String HEADING = """
            | setting | values | default | environment | what it sets |
            |---|---|---|---|---|
            """;

    @Test
    void tableHoldsEverySetting() throws IOException {
        String page = Files.readString(PAGE);
        String table = page.substring(page.indexOf(HEADING));
        assertThat(table).as("table in " + PAGE).isEqualTo(HEADING + rows());
    }

    private static String rows() {
        return Config.SETTINGS.stream().map(SettingsPageTest::row).collect(Collectors.joining("\n", "", "\n"));
    }

    private static String row(Setting<?> setting) {
        return "| `%s` | `%s` | %s | `%s` | %s |"
                .formatted(
                        setting.name(),
                        setting.type().label().replace("|", "\\|"),
                        setting.defaultText(),
                        setting.variable(),
                        setting.description());
    }
}
