package io.neurovisor.server.setting;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ProcessEnvironmentTest {
    private static final Path ACCOUNT = Path.of(System.getProperty("user.home"));

    @Test
    void homeIsThatOfTheEnvironment() {
        assertThat(ProcessEnvironment.of(Map.of("HOME", "/srv/ci")).directory("XDG_DATA_HOME", ".local/share"))
                .isEqualTo(Path.of("/srv/ci/.local/share"));
    }

    @Test
    void homeOfTheAccountReplacesOneThatIsUnset() {
        assertThat(ProcessEnvironment.of(Map.of()).userHome()).isEqualTo(ACCOUNT);
        assertThat(ProcessEnvironment.of(Map.of("HOME", "relative")).userHome()).isEqualTo(ACCOUNT);
    }
}
