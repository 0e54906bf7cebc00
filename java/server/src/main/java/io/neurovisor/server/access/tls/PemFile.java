package io.neurovisor.server.access.tls;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A PEM file (RFC 7468) that a flag names. Its error messages name the flag and the path.
 *
 * @param flag such as {@code --tls-cert}
 */
record PemFile(String flag, Path path) {
    /** Larger than any chain, and small enough to fail fast if a disk is named by mistake. */
    private static final int MAX_BYTES = 1 << 20;

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\\s]*+)-----END \\1-----");

    /** A block of the file: its type, such as {@code CERTIFICATE}, and its content in Base64. */
    record Block(String type, String text) {
        byte[] content() {
            return Base64.getMimeDecoder().decode(text);
        }
    }

    List<Block> blocks() {
        List<Block> blocks = BLOCK.matcher(text())
                .results()
                .map(match -> new Block(match.group(1), match.group(2)))
                .toList();
        try {
            blocks.forEach(Block::content);
            return blocks;
        } catch (IllegalArgumentException exception) {
            throw fault("is damaged: a block in it is not Base64; copy the file again", exception);
        }
    }

    private String text() {
        try (InputStream content = Files.newInputStream(path)) {
            byte[] bytes = content.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw fault("is larger than 1 MiB, so it is not a file of certificates or keys; name another", null);
            }
            return new String(bytes, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException exception) {
            throw fault("does not exist; name a file in PEM, or leave the flag out", exception);
        } catch (AccessDeniedException exception) {
            throw fault(
                    "cannot be read by user " + System.getProperty("user.name") + "; correct its permissions",
                    exception);
        } catch (IOException exception) {
            throw fault("cannot be read (" + StorageFaults.reason(exception) + "); name a file in PEM", exception);
        }
    }

    NeuroVisorException fault(String problem, @Nullable Exception cause) {
        return new NeuroVisorException(Fault.INVALID_ARGUMENT, flag + " " + path + " " + problem, cause);
    }
}
