package io.neurovisor.host.jail;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.probe.HostFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each restriction of a host is reported with the command that removes it. */
final class UserNamespacesTest {
    @TempDir
    private Path root;

    @BeforeEach
    void kernelWithUserNamespaces() throws IOException {
        Path namespaces = Files.createDirectories(root.resolve("proc/self/ns"));
        Files.createSymbolicLink(namespaces.resolve("user"), Path.of("user:[4026531837]"));
        assertThat(new UserNamespaces(new HostFiles(root)).restriction()).isEmpty();
    }

    @Test
    void reportsAppArmorWithoutAProfileForBubblewrap() throws IOException {
        write("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
        assertRestricted("AppArmor", "apparmor_parser");
        write("etc/apparmor.d/bwrap-userns-restrict", "profile bwrap /usr/bin/bwrap {}\n");
        assertThat(new UserNamespaces(new HostFiles(root)).restriction()).isEmpty();
    }

    @Test
    void reportsKernelSettingsWithTheirFix() throws IOException {
        write("proc/sys/kernel/unprivileged_userns_clone", "0\n");
        assertRestricted("unprivileged_userns_clone is 0", "unprivileged_userns_clone=1");
        write("proc/sys/user/max_user_namespaces", "0\n");
        assertRestricted("max_user_namespaces is 0", "sysctl -w user.max_user_namespaces=");
        Files.delete(root.resolve("proc/self/ns/user"));
        assertRestricted("no user namespaces", "CONFIG_USER_NS");
    }

    private void assertRestricted(String reason, String fix) {
        assertThat(new UserNamespaces(new HostFiles(root)).restriction()).hasValueSatisfying(restriction -> {
            assertThat(restriction.reason()).contains(reason);
            assertThat(restriction.fix()).contains(fix);
        });
    }

    private void write(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
