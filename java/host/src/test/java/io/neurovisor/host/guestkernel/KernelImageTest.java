package io.neurovisor.host.guestkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class KernelImageTest {
    private static final int SETUP_SECTORS = 2;
    private static final int PAYLOAD_OFFSET = 64;

    @TempDir
    private Path directory;

    private final byte[] vmlinux = vmlinux();

    @Test
    void unpacksZstd() throws IOException {
        assertUnpacks(withSize(Zstd.compress(vmlinux)));
    }

    @Test
    void unpacksGzipWhoseTrailerIsTheSize() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(vmlinux);
        }
        assertUnpacks(packed.toByteArray());
    }

    @Test
    void unpacksXz() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream xz = new XZOutputStream(packed, new LZMA2Options(0))) {
            xz.write(vmlinux);
        }
        assertUnpacks(withSize(packed.toByteArray()));
    }

    @Test
    void unpacksLz4InSeveralBlocks() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        packed.writeBytes(littleEndian(0x184c2102));
        for (byte[] block : new byte[][] {
            Arrays.copyOfRange(vmlinux, 0, 30_000), Arrays.copyOfRange(vmlinux, 30_000, vmlinux.length)
        }) {
            ByteArrayOutputStream lz4 = new ByteArrayOutputStream();
            try (OutputStream out = new BlockLZ4CompressorOutputStream(lz4)) {
                out.write(block);
            }
            packed.writeBytes(littleEndian(lz4.size()));
            packed.writeBytes(lz4.toByteArray());
        }
        assertUnpacks(withSize(packed.toByteArray()));
    }

    @Test
    void copiesAnElfFileUnchanged() throws IOException {
        Path target = directory.resolve("vmlinux");

        new KernelImage(vmlinux, "own").unpackTo(target);

        assertThat(target).hasBinaryContent(vmlinux);
    }

    @Test
    void rejectsFilesThatAreNotKernels() {
        assertRefused(new byte[10_000], "it is neither an ELF file nor an x86 boot image");
        assertRefused(new byte[10], "it is neither an ELF file nor an x86 boot image");
    }

    @Test
    void rejectsTruncatedAndOldImages() {
        byte[] whole = bootImage(withSize(Zstd.compress(vmlinux)));
        assertRefused(Arrays.copyOf(whole, whole.length - 1), "it is truncated");
        byte[] old = whole.clone();
        ByteBuffer.wrap(old).order(ByteOrder.LITTLE_ENDIAN).putShort(0x206, (short) 0x207);
        assertRefused(old, "its boot protocol is older than 2.08");
    }

    @Test
    void rejectsAPayloadThatContradictsItsHeader() {
        byte[] packed = Zstd.compress(vmlinux);
        assertRefused(bootImage(concat(packed, littleEndian(vmlinux.length - 1))), "it does not have the");
        assertRefused(bootImage(concat(packed, littleEndian(vmlinux.length + 1))), "it does not have the");
        assertRefused(bootImage(concat(packed, littleEndian(-1))), "its unpacked size of -1 bytes is not plausible");
        byte[] notElf = new byte[5_000];
        assertRefused(
                bootImage(concat(Zstd.compress(notElf), littleEndian(notElf.length))), "it does not hold an ELF file");
        assertRefused(
                bootImage(concat(new byte[] {'B', 'Z', 'h', '9', 0, 0, 0, 0}, littleEndian(100))),
                "its compression (first bytes 425a6839) is none of gzip, xz, zstd and lz4");
    }

    private void assertUnpacks(byte[] payload) throws IOException {
        Path target = directory.resolve("vmlinux");

        new KernelImage(bootImage(payload), "test").unpackTo(target);

        assertThat(Files.readAllBytes(target)).isEqualTo(vmlinux);
    }

    private void assertRefused(byte[] image, String why) {
        assertThatThrownBy(() -> new KernelImage(image, "test").unpackTo(directory.resolve("refused")))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.IMAGE_BUILD_FAILED))
                .hasMessageStartingWith("Kernel test cannot be used: " + why);
    }

    private static byte[] vmlinux() {
        byte[] content = new byte[100_000];
        new Random(1).nextBytes(content);
        Arrays.fill(content, 1_000, 60_000, (byte) 7);
        System.arraycopy(new byte[] {0x7f, 'E', 'L', 'F'}, 0, content, 0, 4);
        return content;
    }

    private byte[] withSize(byte[] packed) {
        return concat(packed, littleEndian(vmlinux.length));
    }

    private static byte[] bootImage(byte[] payload) {
        int start = (SETUP_SECTORS + 1) * 512 + PAYLOAD_OFFSET;
        ByteBuffer image = ByteBuffer.allocate(start + payload.length).order(ByteOrder.LITTLE_ENDIAN);
        image.put(0x1f1, (byte) SETUP_SECTORS);
        image.putInt(0x202, 0x53726448);
        image.putShort(0x206, (short) 0x20f);
        image.putInt(0x248, PAYLOAD_OFFSET);
        image.putInt(0x24c, payload.length);
        image.put(start, payload);
        return image.array();
    }

    private static byte[] littleEndian(int value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
