package io.neurovisor.host.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TemplateRecordTest {
    @TempDir
    private Path directory;

    @Test
    void holesInTheMemoryFileTakeNoSpace() throws IOException {
        Files.writeString(directory.resolve(TemplateRecord.FILE), """
                {"digest": "0", "image": "base", "size": "small", "vmm": "qemu", "created": "2026-01-01T00:00:00Z"}
                """);
        try (RandomAccessFile memory =
                new RandomAccessFile(directory.resolve("memory").toFile(), "rw")) {
            memory.setLength(1L << 30);
        }
        TemplateRecord template = TemplateRecord.read(directory).orElseThrow();
        assertThat(template.diskBytes()).isBetween(1L, 1L << 20);
    }
}
