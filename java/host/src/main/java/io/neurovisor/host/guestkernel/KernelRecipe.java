package io.neurovisor.host.guestkernel;

import io.neurovisor.host.debian.DebianSources;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The inputs of the small kernel: the configuration fragment and the scripts in {@code guest/kernel}, Debian's kernel
 * source and compiler.
 */
record KernelRecipe(Path directory, String fragmentDigest, String scriptDigest) {
    static final String SOURCE_PACKAGE = "linux-source-6.12";

    static final List<String> PACKAGES = List.of(
            SOURCE_PACKAGE, "gcc", "libc6-dev", "make", "flex", "bison", "bc", "libelf-dev", "libssl-dev", "xz-utils");

    private static final String RELEASE = "small-kernel-1";
    private static final String FRAGMENT = "fragment.config";
    private static final List<String> SCRIPTS = List.of("build.sh", "check-config.sh");

    static KernelRecipe read(Path directory) {
        try {
            StringBuilder scripts = new StringBuilder();
            for (String script : SCRIPTS) {
                scripts.append(Sha256.of(Files.readAllBytes(directory.resolve(script))))
                        .append('\n');
            }
            return new KernelRecipe(
                    directory, Sha256.of(Files.readAllBytes(directory.resolve(FRAGMENT))), digest(scripts.toString()));
        } catch (IOException failure) {
            throw StorageFaults.of("read the kernel's recipe in", directory, failure);
        }
    }

    /**
     * Returns the digest of the inputs that are known before the build; the versions of packages are known afterwards.
     */
    String input() {
        return digest(
                String.join("\n", RELEASE, DebianSources.SUITE, PACKAGES.toString(), fragmentDigest, scriptDigest));
    }

    /** Returns the address of a result. Equal inputs have equal addresses and give equal bytes. */
    String address(String sourceVersion, String compiler, String linker) {
        return digest(String.join("\n", input(), sourceVersion, compiler, linker));
    }

    private static String digest(String text) {
        return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
    }
}
