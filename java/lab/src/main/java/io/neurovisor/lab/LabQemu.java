package io.neurovisor.lab;

import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.image.LabImage;
import io.neurovisor.host.process.ToolCommand;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The command line of the QEMU that emulates a lab machine: a processor with SVM and nested paging, two disks, and no
 * network but the host.
 *
 * @param jdk the JDK that the machine uses instead of its own
 */
record LabQemu(LabImage image, LabSize size, Path repository, Optional<Path> jdk) {
    private static final ToolCommand PROGRAM = ToolCommand.of("qemu-system-x86_64", "qemu-system-x86");

    /** The cache of translated code in MiB. When it is full, a nested guest's code is translated again. */
    private static final int TRANSLATED_MEGABYTES = 512;

    /**
     * The number of commands that can see the repository at the same time. Each mounts it again, and a device serves
     * one mount until the kernel has dropped it, possibly after the end of its command.
     */
    static final int REPOSITORY_DEVICES = 8;

    private static final String KERNEL_ARGUMENTS = "console=ttyS0 quiet reboot=t panic=-1"
            // BPF programs may decide, as on hosts of the product.
            + " lsm=landlock,lockdown,yama,integrity,bpf"
            // An emulated processor does not speculate.
            + " mitigations=off";

    /** Writes the host's parameters for the machine. */
    void writeSeed(LabFiles files) {
        jdk.ifPresent(home -> PrivateFiles.replace(
                files.seed().resolve("jdk"), home.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Returns the command line.
     *
     * @param readySocket the socket at which the machine reports that it is ready
     */
    ToolCommand command(LabFiles files, int port, Path readySocket) {
        return PROGRAM.withArguments(machine())
                .withArguments(List.of("-pidfile", files.pid().toString()))
                .withArguments(boot())
                .withArguments(drive("system", image.rootfs(), "readonly=on"))
                // The disk is not needed after a crash of the host.
                .withArguments(drive("disk", files.disk(), "cache=unsafe,discard=unmap"))
                .withArguments(share("seed", files.seed(), 1))
                .withArguments(share("repository", repository, REPOSITORY_DEVICES))
                .withArguments(jdk.map(home -> share("jdk", home, 1)).orElse(List.of()))
                .withArguments(List.of("-netdev", network(port), "-device", "virtio-net-pci,netdev=host,romfile="))
                .withArguments(List.of("-device", "virtio-rng-pci"))
                .withArguments(List.of("-serial", "file:" + files.console()))
                .withArguments(List.of("-chardev", "socket,id=ready,path=" + escaped(readySocket)))
                .withArguments(List.of("-serial", "chardev:ready"));
    }

    private List<String> machine() {
        return List.of(
                "-name",
                "neurovisor-lab",
                "-machine",
                "q35,usb=off,vmport=off,smbus=off",
                "-accel",
                "tcg,thread=multi,tb-size=" + TRANSLATED_MEGABYTES,
                "-cpu",
                "EPYC-v1,+svm,+npt",
                "-m",
                Integer.toString(size.memoryMegabytes()),
                "-smp",
                Integer.toString(size.processors()),
                "-nodefaults",
                "-no-user-config",
                "-no-reboot",
                "-display",
                "none");
    }

    private List<String> boot() {
        return List.of(
                "-kernel", image.kernel().toString(),
                "-initrd", image.initrd().toString(),
                "-append", KERNEL_ARGUMENTS);
    }

    private static List<String> drive(String id, Path file, String options) {
        return List.of("-drive", "if=virtio,id=" + id + ",format=raw," + options + ",file=" + escaped(file));
    }

    /**
     * Shares a directory read-only, so that changes of the machine stay in the machine.
     *
     * @param devices the number of possible mounts, since each mount takes a free device with the tag
     */
    private static List<String> share(String tag, Path directory, int devices) {
        List<String> arguments = new ArrayList<>(List.of(
                "-fsdev",
                "local,id=" + tag + ",security_model=none,readonly=on,multidevs=remap,path=" + escaped(directory)));
        for (int device = 0; device < devices; device++) {
            arguments.addAll(List.of("-device", "virtio-9p-pci,fsdev=" + tag + ",mount_tag=" + tag));
        }
        return arguments;
    }

    private static String network(int port) {
        return "user,id=host,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:" + port + "-10.0.2.15:22";
    }

    /** Escapes commas, which separate QEMU's options. */
    private static String escaped(Path path) {
        return path.toString().replace(",", ",,");
    }
}
