package io.neurovisor.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;

final class LabOutputTest {
    private final Map<String, Integer> received = new TreeMap<>();
    private final Map<String, Boolean> complete = new TreeMap<>();

    @Test
    void receivesFilesOfAnyLength() throws IOException {
        read(Map.of("./a", 0, "./d/part", 1 << 16, "./d/more", 100_000), TarConstants.LF_NORMAL);
        assertThat(received).isEqualTo(Map.of("a", 0, "d/part", 1 << 16, "d/more", 100_000));
        assertThat(complete)
                .allSatisfy((path, last) -> assertThat(last).as(path).isTrue());
    }

    @Test
    void skipsLinksAndDevices() throws IOException {
        read(Map.of("./link", 0), TarConstants.LF_SYMLINK);
        read(Map.of("./hard", 0), TarConstants.LF_LINK);
        read(Map.of("./device", 0), TarConstants.LF_BLK);
        assertThat(received).isEmpty();
    }

    @Test
    void rejectsAPathThatLeadsOut() {
        assertThatThrownBy(() -> read(Map.of("../../etc/passwd", 1), TarConstants.LF_NORMAL))
                .hasMessageContaining("etc/passwd");
        assertThat(received).isEmpty();
    }

    private void read(Map<String, Integer> files, byte type) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (Map.Entry<String, Integer> file : files.entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(file.getKey(), type);
                entry.setLinkName(type == TarConstants.LF_NORMAL ? "" : "/etc/passwd");
                entry.setSize(file.getValue());
                tar.putArchiveEntry(entry);
                tar.write(new byte[file.getValue()]);
                tar.closeArchiveEntry();
            }
        }
        new LabOutput((path, part, last) -> {
                    received.merge(path, part.remaining(), Integer::sum);
                    complete.put(path, last);
                })
                .read(new ByteArrayInputStream(bytes.toByteArray()));
    }
}
