package io.neurovisor.host.guestkernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class KernelPackageTest {
    private static final String TREE = "./usr/lib/modules/6.12.1-cloud-amd64/";

    @TempDir
    private Path scratch;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes);

    @Test
    void takesKernelConfigurationAndModules() throws IOException {
        byte[] module = TestModules.elf("depends=vsock\0");
        add("./boot/vmlinuz-6.12.1-cloud-amd64", new byte[] {0x7f, 'E', 'L', 'F', 1});
        add("./boot/config-6.12.1-cloud-amd64", "CONFIG_X=y".getBytes(UTF_8));
        add(TREE + "modules.builtin", "kernel/fs/ext4/ext4.ko\nkernel/x/virtio-console.ko\n".getBytes(UTF_8));
        add(TREE + "kernel/net/vmw-transport.ko.xz", xz(module));
        add(TREE + "kernel/fs/plain.ko", TestModules.elf("depends=\0"));
        add("./usr/share/doc/readme", new byte[10]);

        KernelPackage read = read();

        assertThat(read.release()).isEqualTo("6.12.1-cloud-amd64");
        assertThat(read.config()).asString(UTF_8).isEqualTo("CONFIG_X=y");
        assertThat(read.builtIn()).containsExactlyInAnyOrder("ext4", "virtio_console");
        assertThat(read.module("vmw_transport")).isEqualTo(KernelModule.parse("vmw_transport", module));
        assertThat(read.moduleContent("vmw_transport")).isEqualTo(module);
        assertThat(read.module("plain")).isNotNull();
        assertThat(read.module("other")).isNull();
    }

    @Test
    void reportsAPackageWithoutKernel() throws IOException {
        KernelPackage read = read();

        assertThatThrownBy(read::release)
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageEndingWith("the package holds no boot/vmlinuz-*");
    }

    @Test
    void nothingIsWrittenOutsideOfScratch() throws IOException {
        add(TREE + "kernel/../../../../../evil.ko", new byte[10]);
        add(TREE + "kernel/..ko", new byte[10]);

        read();

        assertThat(scratch.resolve("modules")).isDirectoryNotContaining("glob:**/..*");
        assertThat(scratch.resolveSibling("evil.ko")).doesNotExist();
    }

    @Test
    void rejectsATruncatedArchive() throws IOException {
        add("./boot/vmlinuz-1", new byte[5000]);
        byte[] half = java.util.Arrays.copyOf(archive(), 2000);

        assertThatThrownBy(() -> new KernelPackage(scratch).read(new ByteArrayInputStream(half)))
                .isInstanceOf(IOException.class);
    }

    private KernelPackage read() throws IOException {
        KernelPackage read =
                new KernelPackage(io.neurovisor.host.files.PrivateFiles.directory(scratch.resolve("modules")));
        read.read(new ByteArrayInputStream(archive()));
        return read;
    }

    private byte[] archive() throws IOException {
        tar.close();
        return bytes.toByteArray();
    }

    private void add(String name, byte[] content) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private static byte[] xz(byte[] content) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new XZOutputStream(packed, new LZMA2Options(0))) {
            out.write(content);
        }
        return packed.toByteArray();
    }
}
