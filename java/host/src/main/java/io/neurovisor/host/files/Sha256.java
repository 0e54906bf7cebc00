package io.neurovisor.host.files;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** SHA-256 digests as 64 lower-case hexadecimal digits. */
public final class Sha256 {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{64}");
    private static final int ABBREVIATED_LENGTH = 12;
    private static final int BUFFER_BYTES = 1 << 20;

    private Sha256() {}

    public static boolean isDigest(String text) {
        return FORM.matcher(text).matches();
    }

    /** Returns the first digits of a digest, for the name of a directory or a version. */
    public static String abbreviate(String digest) {
        return digest.substring(0, ABBREVIATED_LENGTH);
    }

    public static String of(byte[] content) {
        return HexFormat.of().formatHex(algorithm().digest(content));
    }

    /** Returns the digest of a file. An interrupt ends the reading. */
    public static String of(Path file) {
        MessageDigest algorithm = algorithm();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream content = Files.newInputStream(file)) {
            for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
                algorithm.update(buffer, 0, count);
            }
        } catch (IOException failure) {
            throw StorageFaults.of("read", file, failure);
        }
        return HexFormat.of().formatHex(algorithm.digest());
    }

    /** Returns the digest of content that is written and then discarded. */
    public static String ofWritten(Content content) {
        MessageDigest algorithm = algorithm();
        try (OutputStream output = new DigestOutputStream(OutputStream.nullOutputStream(), algorithm)) {
            content.writeTo(output);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return HexFormat.of().formatHex(algorithm.digest());
    }

    /** Content that can be written to a stream. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream output) throws IOException;
    }

    private static MessageDigest algorithm() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new NeuroVisorException(Fault.INTERNAL, "This Java has no SHA-256", impossible);
        }
    }
}
