package io.neurovisor.host.template;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.engine.template.TemplateKey;
import io.neurovisor.host.files.DiskUsage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The description of a template in its own file, for display; lookups use the digest of the key.
 *
 * @param digest the digest of the key
 * @param vmm such as {@code qemu 10.0.2 (tcg)}
 * @param bootDigests the digests of the files from which its guest booted
 */
public record TemplateRecord(
        String digest,
        String image,
        String size,
        String vmm,
        Instant created,
        List<String> bootDigests,
        Path directory) {
    static final String FILE = "template.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    public TemplateRecord {
        bootDigests = List.copyOf(bootDigests);
    }

    /** Returns the space on disk, as {@code gc} reports it. */
    public long diskBytes() {
        return DiskUsage.bytes(directory);
    }

    static byte[] format(TemplateKey key, Instant created) {
        return JSON.createObjectNode()
                .put("digest", key.digest())
                .put("image", key.files().image())
                .put("rootfs", key.files().rootfsDigest())
                .put("kernel", key.files().kernelDigest())
                .put("initrd", key.files().initrdDigest())
                .put("size", key.size().label())
                .put("vmm", key.vmm().toString())
                .put("cpu", key.vmm().cpu())
                .put("machine", key.vmm().machine())
                .put("created", created.toString())
                .toPrettyString()
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    /** Returns empty if the file is not in the form of {@link #format}. */
    static Optional<TemplateRecord> read(Path directory) {
        try {
            JsonNode node = JSON.readTree(Files.readString(directory.resolve(FILE)));
            return Optional.of(new TemplateRecord(
                    node.path("digest").asText(),
                    node.path("image").asText(),
                    node.path("size").asText(),
                    node.path("vmm").asText(),
                    Instant.parse(node.path("created").asText()),
                    Stream.of("rootfs", "kernel", "initrd")
                            .map(file -> node.path(file).asText())
                            .toList(),
                    directory));
        } catch (IOException | DateTimeParseException exception) {
            return Optional.empty();
        }
    }
}
