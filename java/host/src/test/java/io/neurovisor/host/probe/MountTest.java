package io.neurovisor.host.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MountTest {
    @Test
    void skipsOptionalFields() {
        assertThat(Mount.parse("36 35 98:0 /mnt1 /mnt\\0402 ro,noatime master:1 shared:2 - ext3 /dev/root rw,errors=x"))
                .containsExactly(
                        new Mount("/mnt1", "/mnt\\0402", List.of("ro", "noatime"), "ext3", List.of("rw", "errors=x")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 2 8:1 / /a rw,relatime - ext4 /dev/a rw|true",
                "1 2 8:1 / /a ro,relatime - ext4 /dev/a rw|false",
                "1 2 8:1 / /a rw,relatime - ext4 /dev/a ro|false",
                "1 2 0:5 / /dev rw - tmpfs none|true",
                "1 2 0:5 / /proc rw - proc proc rw|false"
            })
    void detectsWritableMounts(String line, boolean writable) {
        assertThat(Mount.parse(line).getFirst().isWritable()).isEqualTo(writable);
    }
}
