package io.neurovisor.host.spawner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.host.probe.HostFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A uid range for VMMs must not belong to any user. */
final class SystemUsersTest {
    @TempDir
    private Path root;

    @Test
    void reportsTheOwnerOfAnIdWithTheFile() throws IOException {
        write("passwd", "root:x:0:0::/root:/bin/sh\nbackup:x:4711:34::/:/bin/sh\n");
        write("group", "root:x:0:\nstaff:x:5000:\n");
        write("subuid", "anna:100000:65536\n");
        write("subgid", "anna:300000:65536\n");
        SystemUsers users = new SystemUsers(new HostFiles(root));
        assertThat(users.owner(new UidRange(4711, 4711))).contains("backup (4711 in /etc/passwd)");
        assertThat(users.owner(new UidRange(4999, 5001))).contains("staff (5000 in /etc/group)");
        assertThat(users.owner(new UidRange(165535, 165535))).contains("anna (100000 in /etc/subuid)");
        assertThat(users.owner(new UidRange(165536, 299999))).isEmpty();
        assertThat(users.owner(new UidRange(200000, 300000))).contains("anna (300000 in /etc/subgid)");
    }

    @Test
    void theCommandForSubordinateIdsNamesAFreeRange() throws IOException {
        SystemUsers users = new SystemUsers(new HostFiles(root));
        assertThat(users.userIdsCommand("bob"))
                .isEqualTo("sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 bob");
        write("subuid", "anna:100000:65536\n:::\n");
        write("subgid", "anna:200000:65536\n");
        assertThat(users.userIdsCommand("bob"))
                .isEqualTo("sudo usermod --add-subuids 265536-331071 --add-subgids 265536-331071 bob");
    }

    @Test
    void ignoresMalformedLines() throws IOException {
        write("passwd", "\n:::\nbackup:x\nx:y:-5:\nx:y:99999999999:\n\u0000:x:z:\n");
        assertThat(new SystemUsers(new HostFiles(root)).owner(new UidRange(1, 4294967294L)))
                .isEmpty();
    }

    @Test
    void parsesRangesWithoutReservedIds() {
        assertThat(UidRange.parse("7-9")).contains(new UidRange(7, 9));
        for (String wrong : new String[] {"", "7", "9-7", "0-9", "7-4294967295", "-7-9", "7-9 ", "7-99999999999"}) {
            assertThat(UidRange.parse(wrong)).as(wrong).isEqualTo(Optional.empty());
        }
        assertThatThrownBy(() -> new UidRange(0, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    private void write(String name, String text) throws IOException {
        Files.createDirectories(root.resolve("etc"));
        Files.writeString(root.resolve("etc").resolve(name), text);
    }
}
