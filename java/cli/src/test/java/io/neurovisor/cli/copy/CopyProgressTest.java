package io.neurovisor.cli.copy;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.testkit.ManualTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CopyProgressTest {
    private final List<String> shown = new ArrayList<>();
    private final ManualTicker ticker = new ManualTicker();
    private final CopyProgress progress = new CopyProgress(
            new Progress() {
                @Override
                public void step(String message) {
                    shown.add(message);
                }

                @Override
                public void detail(String message) {
                    shown.add(message);
                }
            },
            ticker);

    @Test
    void showsOnlyLongCopies() {
        progress.file();
        progress.bytes(1 << 20);
        assertThat(shown).isEmpty();
        ticker.advance(Duration.ofSeconds(1));
        progress.bytes(1 << 20);
        progress.file();
        progress.bytes(1 << 20);
        assertThat(shown).containsExactly("Copying", "2 MiB", "3 MiB in 2 files");
    }
}
