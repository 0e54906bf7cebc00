package io.neurovisor.engine.template;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.testkit.TestFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class TemplateKeyTest {
    private static final VmmIdentity VMM = new VmmIdentity("qemu", "10.0.2", "tcg", "max", "m");
    private static final List<Program> WARM = List.of(new Program(Language.BASH, "true"));

    @Test
    void keyIgnoresTheLocationOfFiles() {
        BootFiles files = TestFiles.bootFiles();
        BootFiles moved = new BootFiles(
                files.image(),
                Path.of("/elsewhere/kernel"),
                files.kernelDigest(),
                files.initrd(),
                files.initrdDigest(),
                files.rootfs(),
                files.rootfsDigest());
        assertThat(new TemplateKey(moved, SandboxSize.SMALL, VMM, WARM).digest())
                .isEqualTo(new TemplateKey(files, SandboxSize.SMALL, VMM, WARM).digest())
                .matches("[0-9a-f]{64}");
    }

    @Test
    void keyDependsOnEveryOtherValue() {
        BootFiles files = TestFiles.bootFiles();
        Stream<TemplateKey> keys = Stream.of(
                new TemplateKey(files, SandboxSize.SMALL, VMM, WARM),
                new TemplateKey(files, SandboxSize.LARGE, VMM, WARM),
                new TemplateKey(files, SandboxSize.SMALL, new VmmIdentity("qemu", "10.0.3", "tcg", "max", "m"), WARM),
                new TemplateKey(files, SandboxSize.SMALL, new VmmIdentity("qemu", "10.0.2", "kvm", "max", "m"), WARM),
                new TemplateKey(files, SandboxSize.SMALL, new VmmIdentity("qemu", "10.0.2", "tcg", "host", "m"), WARM),
                new TemplateKey(files, SandboxSize.SMALL, new VmmIdentity("qemu", "10.0.2", "tcg", "max", "n"), WARM),
                new TemplateKey(files, SandboxSize.SMALL, VMM, List.of()),
                new TemplateKey(files, SandboxSize.SMALL, VMM, List.of(new Program(Language.PYTHON, "true"))),
                new TemplateKey(
                        with(files, "other", files.kernelDigest(), files.initrdDigest(), files.rootfsDigest()),
                        SandboxSize.SMALL,
                        VMM,
                        WARM),
                new TemplateKey(
                        with(files, files.image(), "9".repeat(64), files.initrdDigest(), files.rootfsDigest()),
                        SandboxSize.SMALL,
                        VMM,
                        WARM),
                new TemplateKey(
                        with(files, files.image(), files.kernelDigest(), "9".repeat(64), files.rootfsDigest()),
                        SandboxSize.SMALL,
                        VMM,
                        WARM),
                new TemplateKey(
                        with(files, files.image(), files.kernelDigest(), files.initrdDigest(), "9".repeat(64)),
                        SandboxSize.SMALL,
                        VMM,
                        WARM));
        assertThat(keys.map(TemplateKey::digest)).doesNotHaveDuplicates().hasSize(12);
    }

    private static BootFiles with(BootFiles files, String image, String kernel, String initrd, String rootfs) {
        return new BootFiles(image, files.kernel(), kernel, files.initrd(), initrd, files.rootfs(), rootfs);
    }
}
