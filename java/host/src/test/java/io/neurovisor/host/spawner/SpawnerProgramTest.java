package io.neurovisor.host.spawner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SpawnerProgramTest {
    @Test
    void onlyAQuietSpawnerKeepsItsLogToItself() {
        assertThat(program(true).command(Path.of("/run/x"))).endsWith("--quiet");
        assertThat(program(false).command(Path.of("/run/x"))).doesNotContain("--quiet");
    }

    private static SpawnerProgram program(boolean quiet) {
        return new SpawnerProgram(Path.of("/s"), Path.of("/bwrap"), Optional.empty(), Optional.empty(), quiet);
    }
}
