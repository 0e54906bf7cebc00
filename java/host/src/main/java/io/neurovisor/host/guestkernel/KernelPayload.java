package io.neurovisor.host.guestkernel;

import com.github.luben.zstd.ZstdInputStream;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;
import org.tukaani.xz.SingleXZInputStream;

/** The compressed part of a boot image, in one of the four formats of distribution kernels. */
final class KernelPayload {
    private static final int GZIP = 0x00088b1f;
    private static final int GZIP_MASK = 0x00ffffff;
    private static final int XZ = 0x587a37fd;
    private static final int ZSTD = 0xfd2fb528;
    private static final int LZ4_LEGACY = 0x184c2102;

    private KernelPayload() {}

    /**
     * Returns a stream of the unpacked bytes; the first bytes identify the format.
     *
     * @param payload the compressed bytes, followed by the unpacked size in four bytes
     */
    static InputStream unpack(byte[] payload, String name) throws IOException {
        int magic = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
        int withoutSize = payload.length - Integer.BYTES;
        if ((magic & GZIP_MASK) == GZIP) {
            return new GZIPInputStream(new ByteArrayInputStream(payload));
        }
        return switch (magic) {
            case XZ -> new SingleXZInputStream(new ByteArrayInputStream(payload, 0, withoutSize));
            case ZSTD -> new ZstdInputStream(new ByteArrayInputStream(payload, 0, withoutSize));
            case LZ4_LEGACY -> lz4(payload, withoutSize);
            default ->
                throw new NeuroVisorException(
                        Fault.IMAGE_BUILD_FAILED,
                        "Kernel %s cannot be used: its compression (first bytes %s) is none of gzip, xz, zstd and lz4"
                                .formatted(name, HexFormat.of().formatHex(payload, 0, Integer.BYTES)));
        };
    }

    /** The kernel uses lz4's first format: the magic number, then blocks, each preceded by its packed size. */
    private static InputStream lz4(byte[] payload, int end) throws IOException {
        ByteBuffer packed = ByteBuffer.wrap(payload, 0, end).order(ByteOrder.LITTLE_ENDIAN);
        packed.position(Integer.BYTES);
        List<InputStream> blocks = new ArrayList<>();
        while (packed.remaining() >= Integer.BYTES) {
            int size = packed.getInt();
            if (size <= 0 || size > packed.remaining()) {
                throw new IOException("an lz4 block is truncated");
            }
            blocks.add(new BlockLZ4CompressorInputStream(new ByteArrayInputStream(payload, packed.position(), size)));
            packed.position(packed.position() + size);
        }
        return new SequenceInputStream(Collections.enumeration(blocks));
    }
}
