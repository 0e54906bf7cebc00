package io.neurovisor.tests.hostile.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** A compressed megabyte that decompresses to a gigabyte. */
final class Packed {
    /** Compressed only once, because that takes seconds. */
    private static final byte[] GIGABYTE = pack();

    private Packed() {}

    static byte[] gigabyte() {
        return GIGABYTE.clone();
    }

    private static byte[] pack() {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream packing = new GZIPOutputStream(packed)) {
            byte[] zeroes = new byte[1 << 20];
            for (int i = 0; i < 1024; i++) {
                packing.write(zeroes);
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return packed.toByteArray();
    }
}
