package io.neurovisor.host.image;

import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.guestkernel.KernelBuilder;
import io.neurovisor.host.store.Artifact;
import io.neurovisor.host.store.ArtifactBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Packs the guest agent and the kernel's modules into the initrd, which the kernel unpacks as its first root directory.
 */
record InitrdBuilder(Path agent, Artifact kernel) implements ArtifactBuilder {
    static final String INITRD = "initrd.cpio";

    private static final String RELEASE = "initrd-1";

    /** Returns the digest of the inputs: the agent and the modules, not the kernel itself. */
    static String input(String agentDigest, Artifact kernel) {
        StringBuilder all =
                new StringBuilder(RELEASE).append(' ').append(agentDigest).append('\n');
        kernel.digests().entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(KernelBuilder.MODULES + "/"))
                .map(entry -> entry.getValue() + " " + entry.getKey() + "\n")
                .sorted()
                .forEach(all::append);
        return Sha256.of(all.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String build(Path emptyDirectory) {
        Path initrd = emptyDirectory.resolve(INITRD);
        try (CpioWriter cpio = new CpioWriter(Files.newOutputStream(initrd))) {
            for (String directory : List.of("dev", "proc", "sys", "rom", "newroot", "modules")) {
                cpio.directory(directory);
            }
            // The kernel opens it for PID 1 before /dev can be mounted.
            cpio.characterDevice("dev/console", 5, 1);
            cpio.file("init", true, Files.readAllBytes(agent));
            // The agent reads it; a kernel without modules has none.
            if (Files.exists(order())) {
                cpio.file("modules/order", false, Files.readAllBytes(order()));
            }
            for (String module : moduleFiles()) {
                cpio.file(
                        "modules/" + module, false, Files.readAllBytes(modules().resolve(module)));
            }
        } catch (IOException failure) {
            throw StorageFaults.of("build", initrd, failure);
        }
        return "initrd-" + Sha256.abbreviate(Sha256.of(initrd));
    }

    private Path modules() {
        return kernel.directory().resolve(KernelBuilder.MODULES);
    }

    private Path order() {
        return modules().resolve(KernelBuilder.ORDER);
    }

    private List<String> moduleFiles() throws IOException {
        List<String> files = new ArrayList<>();
        for (String line : Files.exists(order()) ? Files.readAllLines(order()) : List.<String>of()) {
            files.add(kernel.file(KernelBuilder.MODULES + "/" + line)
                    .getFileName()
                    .toString());
        }
        return files;
    }
}
