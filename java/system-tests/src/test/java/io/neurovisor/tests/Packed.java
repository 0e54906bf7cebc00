package io.neurovisor.tests;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.GZIPOutputStream;

/** A megabyte that becomes a gigabyte when somebody unpacks it. */
final class Packed {
    private Packed() {}

    static byte[] gigabyte() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream packing = new GZIPOutputStream(packed)) {
            byte[] zeroes = new byte[1 << 20];
            for (int i = 0; i < 1024; i++) {
                packing.write(zeroes);
            }
        }
        return packed.toByteArray();
    }
}
