package io.neurovisor.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.server.setting.ConfigFile;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingValues;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;

/** Arbitrary content of the file of settings. */
@Tag("fuzz")
final class ConfigFuzzTest {
    private static final List<String> NAMES =
            Config.SETTINGS.stream().map(Setting::name).toList();

    /** Values are the same when they are printed and read again; each problem is one harmless line. */
    @FuzzTest
    void file(byte[] bytes) {
        ConfigFile file = ConfigFile.parse("config.yaml", new String(bytes, StandardCharsets.UTF_8), NAMES);
        SettingValues values = new SettingValues(Map.of(), new ProcessEnvironment(Map.of(), Path.of("/")), file);
        Config _ = Config.of(values);
        assertThat(file.problems()).allSatisfy(ConfigFuzzTest::isHarmless);
        assertThat(values.problems()).allSatisfy(ConfigFuzzTest::isHarmless);
        Config.SETTINGS.forEach(
                setting -> file.entry(setting.name()).ifPresent(entry -> assertPrintedAsRead(setting, entry.value())));
    }

    private static void isHarmless(String problem) {
        assertThat(problem).isEqualTo(UntrustedText.line(problem));
    }

    private static <T> void assertPrintedAsRead(Setting<T> setting, String text) {
        Optional<T> value = setting.type().parser().apply(text);
        value.ifPresent(known ->
                assertThat(setting.type().parser().apply(setting.print(known))).isEqualTo(value));
    }
}
