package io.neurovisor.host.jail;

import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.nativecalls.Libseccomp;
import io.neurovisor.host.probe.ProbeCache;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * The seccomp filters of VMMs. Compiling one takes longer than starting a VM from its template, so each is cached with
 * the results of probes until its policy or libseccomp changes.
 */
public record SeccompFilters(ProbeCache cache) {
    /** The version of the filters that {@link Libseccomp} makes of equal rules; must be raised with each change. */
    private static final int REVISION = 1;

    /**
     * Returns the filter for QEMU in the form of {@code bwrap --seccomp} and the kernel: an array of {@code struct
     * sock_filter}.
     */
    public byte[] qemu() {
        // Parsed only on a cache miss, because parsing costs as much as the rest of a start.
        String policy = SeccompPolicy.qemuText();
        Libseccomp library = Libseccomp.locate();
        String key = String.join(
                " / ",
                "seccomp " + REVISION,
                Sha256.of(policy.getBytes(StandardCharsets.UTF_8)),
                library.fingerprint(),
                System.getProperty("os.arch"));
        Optional<byte[]> kept = cache.get(key).flatMap(SeccompFilters::unpack);
        if (kept.isPresent()) {
            return kept.get();
        }
        byte[] filter = SeccompPolicy.qemu().compile(library);
        cache.put(key, pack(filter));
        return filter;
    }

    private static String pack(byte[] filter) {
        return Sha256.of(filter) + " " + Base64.getEncoder().encodeToString(filter);
    }

    /** Returns empty if the content has changed: a filter with one changed byte could allow anything. */
    private static Optional<byte[]> unpack(String packed) {
        String[] parts = packed.split(" ", 2);
        try {
            byte[] filter = Base64.getDecoder().decode(parts[parts.length - 1]);
            return Optional.of(filter).filter(content -> Sha256.of(content).equals(parts[0]));
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
    }
}
