package io.neurovisor.host.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class BackgroundToolTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    @Test
    void closingEndsAllProcesses() throws InterruptedException {
        List<ProcessHandle> children;
        try (BackgroundTool tool = start("sleep 1000 & echo out; echo err >&2; wait")) {
            assertThat(lines.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo("out");
            assertThat(lines.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo("err");
            children = tool.handle().descendants().toList();
            assertThat(children).isNotEmpty();
            assertThatThrownBy(() -> tool.awaitExit(Duration.ofMillis(1)))
                    .isInstanceOf(NeuroVisorException.class)
                    .hasMessageContaining("has not ended within");
        }
        assertThat(children).noneMatch(ProcessHandle::isAlive);
    }

    @Test
    void reportsTheExitCodeOfAKilledTool() {
        try (BackgroundTool tool = start("exit 3")) {
            assertThat(tool.awaitExit(LIMIT)).isEqualTo(3);
        }
        try (BackgroundTool tool = start("exec sleep 1000")) {
            assertThat(tool.handle().destroyForcibly()).isTrue();
            assertThat(tool.awaitExit(LIMIT)).isEqualTo(137);
        }
    }

    @Test
    void reportsAMissingProgram() {
        assertThatThrownBy(() -> BackgroundTool.start(ToolCommand.of("/nowhere/tool", "none"), lines::add))
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageContaining("/nowhere/tool cannot be started");
    }

    private BackgroundTool start(String script) {
        return BackgroundTool.start(ToolCommand.of("sh", "dash", "-c", script), lines::add);
    }
}
