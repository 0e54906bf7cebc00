package io.neurovisor.host.guestkernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.progress.Progress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelBuildOutputTest {
    @TempDir
    private Path directory;

    private final List<String> reports = new ArrayList<>();
    private Instant now = Instant.EPOCH;
    private Path log;
    private KernelBuildOutput output;

    @BeforeEach
    void begin() {
        log = directory.resolve("log");
        Progress progress = new Progress() {
            @Override
            public void step(String message) {
                reports.add("step " + message);
            }

            @Override
            public void detail(String message) {
                reports.add(message);
            }
        };
        output = KernelBuildOutput.to(log, progress, () -> now);
    }

    @Test
    void flushesEveryLineToTheLog() {
        output.line("I: running apt-get update...");
        output.line("CC      init/main.o");

        assertThat(log).hasContent("I: running apt-get update...\nCC      init/main.o\n");
    }

    @Test
    void reportsStepsOfTheBuild() {
        output.line("I: downloading packages with apt...");
        output.line("step: Configuring");
        output.line("CC      prepared.o");
        output.line("HOSTCC  scripts/x");

        assertThat(reports).containsExactly("downloading packages with apt", "step Configuring");
    }

    @Test
    void estimatesTheRemainingTime() {
        output.line("compiling: 40 files");
        compile(1);
        now = now.plusSeconds(60);
        compile(9);
        assertThat(reports).startsWith("1 of 40 files (2 %)").endsWith("10 of 40 files (25 %), about 3 min left");

        compile(25);
        assertThat(reports).last().isEqualTo("35 of 40 files (87 %), less than a minute left");
        compile(6);
        assertThat(reports).last().isEqualTo("41 of 41 files (99 %)");
        output.line("LD      vmlinux.o");
        output.line("NM      .tmp_vmlinux1.syms");
        assertThat(reports).last().isEqualTo("linking");
    }

    private void compile(int files) {
        for (int i = 0; i < files; i++) {
            output.line("CC      kernel/file.o");
        }
    }
}
