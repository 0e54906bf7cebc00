package io.neurovisor.cli.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RequirementsFileTest {
    @TempDir
    private Path directory;

    @Test
    void keepsLinesForPip() throws IOException {
        Path file = Files.writeString(directory.resolve("requirements.txt"), "# tools\nsix==1.17.0\r\n\nrich\n");

        assertThat(new RequirementsFile(file).lines()).containsExactly("# tools", "six==1.17.0", "", "rich");
    }

    @Test
    void rejectsFilesThatAreNotText() throws IOException {
        assertRefused(directory.resolve("missing"), "does not exist");
        assertRefused(directory, "is not a file");
        assertRefused(Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff}), "is not UTF-8 text");
        assertRefused(Files.write(directory.resolve("large"), new byte[(1 << 20) + 1]), "more than 1048576 bytes");
    }

    private static void assertRefused(Path file, String problem) {
        assertThatThrownBy(() -> new RequirementsFile(file).lines())
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(problem);
    }
}
