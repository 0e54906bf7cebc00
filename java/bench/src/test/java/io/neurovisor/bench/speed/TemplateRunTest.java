package io.neurovisor.bench.speed;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TemplateRunTest {
    @Test
    void lentFilesAreKept(@TempDir Path directory) throws IOException {
        Path data = Files.createDirectory(directory.resolve("data"));
        Path image =
                Files.writeString(Files.createDirectory(data.resolve("images")).resolve("base"), "image");
        Path digests = Files.writeString(data.resolve("digests"), "old");
        Path template = Files.createDirectory(data.resolve("templates")).resolve("t");
        Files.writeString(template, "template");
        Path own = directory.resolve("own");
        TemplateRun.lend(data, own);
        assertThat(own.resolve("images/base")).hasContent("image");
        assertThat(own.resolve("templates")).doesNotExist();
        Files.writeString(own.resolve("digests"), "new");
        PrivateFiles.delete(own);
        assertThat(own).doesNotExist();
        assertThat(image).hasContent("image");
        assertThat(digests).hasContent("old");
        assertThat(template).hasContent("template");
    }
}
