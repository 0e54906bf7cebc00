package io.neurovisor.host.guestkernel;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A kernel as distributions ship it ({@code vmlinuz}), unpacked to the ELF file that VMMs load ({@code vmlinux}). Follows the
 * x86 boot protocol, versions 2.08 and later (Documentation/arch/x86/boot.rst of the kernel).
 */
public final class KernelImage {
    private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};
    private static final int MAX_BYTES = 512 << 20;
    private static final int SECTOR_BYTES = 512;
    private static final int SETUP_SECTORS = 0x1f1;
    private static final int MAGIC = 0x202;
    private static final int HDRS = 0x53726448;
    private static final int VERSION = 0x206;
    private static final int FIRST_VERSION_WITH_PAYLOAD = 0x208;
    private static final int PAYLOAD_OFFSET = 0x248;
    private static final int PAYLOAD_LENGTH = 0x24c;
    private static final int HEADER_END = 0x250;

    private final byte[] content;
    private final String name;

    /**
     * A kernel in memory, ELF or boot image.
     *
     * @param name names the file in error messages
     */
    public KernelImage(byte[] content, String name) {
        this.content = content.clone();
        this.name = name;
    }

    /** Writes the kernel as an ELF file. */
    public void unpackTo(Path target) throws IOException {
        if (startsWith(content, ELF)) {
            Files.write(target, content);
            return;
        }
        byte[] payload = payload();
        // The size in the image header and gzip's own last four bytes have the same meaning.
        int declaredBytes = littleEndian(payload).getInt(payload.length - Integer.BYTES);
        if (declaredBytes <= ELF.length || declaredBytes > MAX_BYTES) {
            throw unusable("its unpacked size of %d bytes is not plausible".formatted(declaredBytes));
        }
        try (InputStream unpacked = KernelPayload.unpack(payload, name);
                OutputStream out = Files.newOutputStream(target)) {
            byte[] start = unpacked.readNBytes(ELF.length);
            if (!startsWith(start, ELF)) {
                throw unusable("it does not hold an ELF file");
            }
            out.write(start);
            long left = copy(unpacked, out, declaredBytes - ELF.length);
            if (left > 0 || unpacked.read() >= 0) {
                throw unusable("it does not have the %d bytes that it declares".formatted(declaredBytes));
            }
        }
    }

    private static long copy(InputStream from, OutputStream to, long limitBytes) throws IOException {
        byte[] buffer = new byte[1 << 16];
        long left = limitBytes;
        while (left > 0) {
            int count = from.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (count < 0) {
                break;
            }
            to.write(buffer, 0, count);
            left -= count;
        }
        return left;
    }

    private byte[] payload() {
        ByteBuffer header = littleEndian(content);
        if (content.length < HEADER_END || header.getInt(MAGIC) != HDRS) {
            throw unusable("it is neither an ELF file nor an x86 boot image");
        }
        if (Short.toUnsignedInt(header.getShort(VERSION)) < FIRST_VERSION_WITH_PAYLOAD) {
            throw unusable("its boot protocol is older than 2.08");
        }
        int declaredSectors = Byte.toUnsignedInt(content[SETUP_SECTORS]);
        // Zero means four, for compatibility with the first boot loaders.
        int setupSectors = declaredSectors == 0 ? 4 : declaredSectors;
        long start = (setupSectors + 1L) * SECTOR_BYTES + Integer.toUnsignedLong(header.getInt(PAYLOAD_OFFSET));
        long length = Integer.toUnsignedLong(header.getInt(PAYLOAD_LENGTH));
        if (length < 2L * Integer.BYTES || start + length > content.length) {
            throw unusable("it is truncated");
        }
        return Arrays.copyOfRange(content, (int) start, (int) (start + length));
    }

    private NeuroVisorException unusable(String why) {
        return new NeuroVisorException(Fault.IMAGE_BUILD_FAILED, "Kernel %s cannot be used: %s".formatted(name, why));
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static boolean startsWith(byte[] bytes, byte[] start) {
        return bytes.length >= start.length && Arrays.equals(bytes, 0, start.length, start, 0, start.length);
    }
}
