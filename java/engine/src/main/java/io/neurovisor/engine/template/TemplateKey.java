package io.neurovisor.engine.template;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.VmmIdentity;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** All inputs of a template. Equal keys may share a template; different keys never do. */
public record TemplateKey(BootFiles files, SandboxSize size, VmmIdentity vmm, List<Program> warmPrograms) {
    /** Changed when the saved form or the way of warming changes its meaning. */
    private static final int FORMAT = 2;

    public TemplateKey {
        warmPrograms = List.copyOf(warmPrograms);
    }

    /**
     * Returns the SHA-256 of all parts as 64 lower-case hexadecimal digits. It depends on the content of files, not on
     * their paths.
     */
    public String digest() {
        StringBuilder text = new StringBuilder();
        for (String part : List.of(
                "format=" + FORMAT,
                "image=" + files.image(),
                "rootfs=" + files.rootfsDigest(),
                "kernel=" + files.kernelDigest(),
                "initrd=" + files.initrdDigest(),
                "size=" + size.label() + " " + size.vcpuCount() + " " + size.memoryMebibytes(),
                "vmm=" + vmm.name() + " " + vmm.version(),
                "accelerator=" + vmm.accelerator(),
                "cpu=" + vmm.cpu(),
                "machine=" + vmm.machine())) {
            text.append(part).append('\n');
        }
        warmPrograms.forEach(program -> text.append("warm=")
                .append(program.language().label())
                .append(' ')
                .append(program.code().length())
                .append('\n')
                .append(program.code())
                .append('\n'));
        return sha256(text.toString());
    }

    private static String sha256(String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException exception) {
            throw new AssertionError("every JDK has SHA-256", exception);
        }
    }
}
