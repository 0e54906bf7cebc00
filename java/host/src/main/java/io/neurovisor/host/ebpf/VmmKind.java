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

/** The eBPF policy of a kind of VMM, once its guest runs. A resource lists the system calls that it makes. */
public enum VmmKind {
    /** Receives its machine by its command line. */
    QEMU("qemu.calls", false),
    /** Receives its machine by its API, after it has been sealed. */
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

    /** Returns a bit set of the system calls, the lowest bit of the first byte first. */
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
