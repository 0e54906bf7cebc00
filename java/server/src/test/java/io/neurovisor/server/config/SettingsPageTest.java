package io.neurovisor.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.server.setting.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The table of settings in the documentation is generated from their declarations. */
@Tag("rule")
final class SettingsPageTest {
    private static final Path PAGE = Path.of(System.getProperty("neurovisor.home"), "docs", "settings.md");
    private static final boolean WRITES = Boolean.parseBoolean(System.getenv("NEUROVISOR_WRITE_PAGES"));
    private static final String HEADING = """
            | setting | values | default | environment | what it sets |
            |---|---|---|---|---|
            """;

    @Test
    void tableHoldsEverySetting() throws IOException {
        String page = Files.readString(PAGE);
        int from = page.indexOf(HEADING);
        if (WRITES) {
            Files.writeString(PAGE, page.substring(0, from) + HEADING + rows());
        } else {
            assertThat(page.substring(from))
                    .as("./neurovisor check --fix writes the table in " + PAGE)
                    .isEqualTo(HEADING + rows());
        }
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
