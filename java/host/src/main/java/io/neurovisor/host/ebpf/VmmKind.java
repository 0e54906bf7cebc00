package io.neurovisor.host.ebpf;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import io.neurovisor.host.nativecalls.Libseccomp;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;

/** What is known of one VMM once its guest runs. Which system calls it makes says a list. */
public enum VmmKind {
    /** Has its machine from its command line. */
    QEMU("qemu.calls", false),
    /** Is told of its machine by its API, once it is sealed. */
    FIRECRACKER("firecracker.calls", true);

    private final String resource;
    private final boolean configuredSealed;

    VmmKind(String resource, boolean configuredSealed) {
        this.resource = resource;
        this.configuredSealed = configuredSealed;
    }

    boolean isConfiguredSealed() {
        return configuredSealed;
    }

    /** A bit for each system call, the lowest of the first byte first. */
    ByteString expectedCalls() {
        BitSet numbers = new BitSet();
        Libseccomp.locate().numbers(names()).forEach(numbers::set);
        return ByteString.copyFrom(numbers.toByteArray());
    }

    List<String> names() {
        InputStream opened = requireNonNull(VmmKind.class.getResourceAsStream(resource), resource);
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(opened, StandardCharsets.UTF_8))) {
            return reader.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .toList();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
