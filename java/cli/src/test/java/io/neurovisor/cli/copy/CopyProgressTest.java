package io.neurovisor.cli.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
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
            shown::add,
            ticker);

    @Test
    void showsOnlyLongCopies() {
        progress.bytes(1 << 20);
        assertThat(shown).isEmpty();
        ticker.advance(Duration.ofSeconds(1));
        progress.bytes(1 << 20);
        progress.file();
        progress.bytes(1 << 20);
        assertThat(shown).containsExactly("Copying", "2 MiB", "3 MiB, files copied: 1");
    }

    @Test
    void goesOnAfterAFileWasLeftOut() {
        ticker.advance(Duration.ofSeconds(1));
        progress.bytes(1 << 20);
        progress.attempt(() -> {
            throw new NeuroVisorException(Fault.FILE_FORBIDDEN, "a is closed");
        });
        progress.bytes(1 << 20);
        assertThat(shown).containsExactly("Copying", "1 MiB", "not copied: a is closed", "2 MiB");
        assertThat(progress.isComplete()).isFalse();
    }

    @Test
    void aFailureOfTheSandboxIsNotLeftOut() {
        NeuroVisorException full = new NeuroVisorException(Fault.DISK_FULL, "no space is left");
        assertThatThrownBy(() -> progress.attempt(() -> {
                    throw full;
                }))
                .isSameAs(full);
        assertThat(progress.isComplete()).isTrue();
    }
}
