package io.neurovisor.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.ProbeCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class QemuLocatorTest {
    @TempDir
    Path directory;

    @Test
    void findsTheFirstOnTheSearchPath() throws IOException {
        Path qemu = fakeQemu("echo 'QEMU emulator version 10.0.2 (Debian 1:10.0.2)'");
        QemuProgram program = locator("/nowhere::" + directory + ":/usr/bin").locate();
        assertThat(program).isEqualTo(new QemuProgram(qemu, "10.0.2"));
    }

    @Test
    void cachesTheVersionUntilTheProgramChanges() throws IOException {
        Path asked = directory.resolve("asked");
        fakeQemu("echo x >> " + asked + "; echo 'QEMU emulator version 10.0.2'");
        locator(directory.toString()).locate();
        locator(directory.toString()).locate();
        assertThat(asked).hasContent("x");

        fakeQemu("echo x >> " + asked + "; echo 'QEMU emulator version 10.1.0'  ");
        assertThat(locator(directory.toString()).locate().version()).isEqualTo("10.1.0");
    }

    @Test
    void reportsHowToInstallAMissingProgram() {
        assertThatThrownBy(() -> locator("/nowhere").locate())
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.VMM_MISSING))
                .hasMessage("qemu-system-x86_64 is not in PATH (/nowhere); install it with ./neurovisor setup");
    }

    @Test
    void reportsAnOldVersion() throws IOException {
        fakeQemu("echo 'QEMU emulator version 7.2.19'");
        assertThatThrownBy(() -> locator(directory.toString()).locate())
                .hasMessageContaining("is version 7.2.19 and at least 10 is needed");
    }

    @Test
    void rejectsAProgramWithoutAVersion() throws IOException {
        fakeQemu("echo hello");
        assertThatThrownBy(() -> locator(directory.toString()).locate())
                .hasMessageContaining("does not say its version: \"hello\"");
    }

    private QemuLocator locator(String searchPath) {
        return new QemuLocator(searchPath, new ProbeCache(directory.resolve("probes")));
    }

    private Path fakeQemu(String script) throws IOException {
        Path qemu = Files.writeString(directory.resolve("qemu-system-x86_64"), "#!/bin/sh\n" + script + "\n");
        assertThat(qemu.toFile().setExecutable(true)).isTrue();
        return qemu;
    }
}
