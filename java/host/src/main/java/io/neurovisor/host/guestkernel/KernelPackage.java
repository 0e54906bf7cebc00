package io.neurovisor.host.guestkernel;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/** The files of a Debian kernel package that a guest needs, read from a tar archive. */
final class KernelPackage {
    private static final int MAX_ENTRY_BYTES = 128 << 20;
    private static final Pattern KERNEL = Pattern.compile("boot/vmlinuz-([A-Za-z0-9.+~-]+)");
    private static final Pattern CONFIG = Pattern.compile("boot/config-[A-Za-z0-9.+~-]+");
    private static final Pattern BUILT_IN = Pattern.compile("(?:usr/)?lib/modules/[^/]+/modules\\.builtin");
    private static final Pattern MODULE =
            Pattern.compile("(?:usr/)?lib/modules/[^/]+/kernel/(?:[^/]+/)*([A-Za-z0-9_-]+)\\.ko(\\.xz)?");

    private final Path scratch;
    private final Map<String, Path> modules = new HashMap<>();
    private Optional<String> release = Optional.empty();
    private byte[] kernel = {};
    private byte[] config = {};
    private Set<String> builtIn = Set.of();

    /**
     * Creates a package that has not been read yet.
     *
     * @param scratch an empty directory for the packed modules
     */
    KernelPackage(Path scratch) {
        this.scratch = scratch;
    }

    /** Reads the whole archive. */
    void read(InputStream tar) throws IOException {
        TarArchiveInputStream archive = new TarArchiveInputStream(tar);
        for (TarArchiveEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
            if (entry.isFile()) {
                take(entry, archive);
            }
        }
        // Only padding follows, but a tool whose pipe breaks would report a failure.
        tar.transferTo(OutputStream.nullOutputStream());
    }

    private void take(TarArchiveEntry entry, InputStream content) throws IOException {
        String name = entry.getName().replaceFirst("^\\./", "");
        Matcher kernelName = KERNEL.matcher(name);
        Matcher moduleName = MODULE.matcher(name);
        if (kernelName.matches()) {
            release = Optional.of(requireNonNull(kernelName.group(1)));
            kernel = bytes(entry, content);
        } else if (CONFIG.matcher(name).matches()) {
            config = bytes(entry, content);
        } else if (BUILT_IN.matcher(name).matches()) {
            builtIn = builtIn(new String(bytes(entry, content), StandardCharsets.UTF_8));
        } else if (moduleName.matches()) {
            // The pattern allows no slash and no dot in the base name, so nothing is written outside of scratch.
            Path packed = scratch.resolve(moduleName.group(1) + (moduleName.group(2) == null ? ".ko" : ".ko.xz"));
            Files.write(packed, bytes(entry, content));
            modules.put(KernelModule.canonical(requireNonNull(moduleName.group(1))), packed);
        }
    }

    private static byte[] bytes(TarArchiveEntry entry, InputStream content) throws IOException {
        if (entry.getSize() > MAX_ENTRY_BYTES) {
            throw new IOException("%s has %d bytes".formatted(entry.getName(), entry.getSize()));
        }
        return content.readAllBytes();
    }

    private static Set<String> builtIn(String list) {
        return list.lines()
                .map(line -> line.substring(line.lastIndexOf('/') + 1).replaceFirst("\\.ko$", ""))
                .map(KernelModule::canonical)
                .collect(Collectors.toUnmodifiableSet());
    }

    String release() {
        return release.orElseThrow(() -> new NeuroVisorException(
                Fault.IMAGE_BUILD_FAILED, "Cannot build the guest kernel: the package holds no boot/vmlinuz-*"));
    }

    KernelImage kernel() {
        return new KernelImage(kernel, "vmlinuz-" + release());
    }

    byte[] config() {
        return config.clone();
    }

    Set<String> builtIn() {
        return builtIn;
    }

    @Nullable
    KernelModule module(String name) throws IOException {
        return modules.containsKey(name) ? KernelModule.parse(name, moduleContent(name)) : null;
    }

    /** Returns the module's unpacked ELF file. */
    byte[] moduleContent(String name) throws IOException {
        Path packed = requireNonNull(modules.get(name), name);
        try (InputStream content = Files.newInputStream(packed)) {
            return packed.toString().endsWith(".xz")
                    ? new XZInputStream(content).readAllBytes()
                    : content.readAllBytes();
        }
    }
}
