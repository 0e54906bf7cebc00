package io.neurovisor.host.jail;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.nativecalls.Libseccomp;
import io.neurovisor.host.probe.ProbeCache;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * The filters that VMMs are started with. To compile one takes longer than to start a VM from its template, so each is
 * kept with the answers of probes until its policy or libseccomp changes.
 */
public final class SeccompFilters {
    /** Of what {@link Libseccomp} makes of equal rules; to be raised with each change of that. */
    private static final int REVISION = 1;

    private final ProbeCache cache;

    public SeccompFilters(ProbeCache cache) {
        this.cache = requireNonNull(cache, "cache is null");
    }

    /** The filter for QEMU as {@code bwrap --seccomp} and the kernel take it: an array of {@code struct sock_filter}. */
    public byte[] qemu() {
        // Not parsed before it must be: that costs as much as all else a start does with it.
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

    /** Nothing when it is not what was kept: a filter with a changed byte could allow anything. */
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
