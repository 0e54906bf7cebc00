package io.neurovisor.tests.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.tests.fixtures.BareMachine;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.runner.ShortTier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the properties of every guest kernel. The small kernel is tested if it is built; {@code ./neurovisor test --area kernel} builds
 * it.
 */
final class KernelIT {
    private static final String DEBIAN = "debian";
    private static final String SMALL = "small";

    /** Kernel features that attacks often use, as numbers of x86_64 system calls. */
    private static final Map<String, Integer> EXTENSIONS = Map.of(
            "init_module",
            175,
            "kexec_load",
            246,
            "finit_module",
            313,
            "kexec_file_load",
            320,
            "bpf",
            321,
            "userfaultfd",
            323,
            "io_uring_setup",
            425);

    private static CommandLineRun list = new CommandLineRun(0, "", "");

    @BeforeAll
    static void listKernels() {
        // Debian's kernel may be missing if the small kernel is the default.
        CommandLineRun setup = CommandLineRun.of("setup", "--kernel", DEBIAN, "--size", "small");
        assertThat(setup.exitCode()).as(setup.stderr()).isZero();
        list = CommandLineRun.of("kernel", "list", "--kernel", "auto");
        assertThat(list.exitCode()).as(list.stderr()).isZero();
    }

    @ShortTier
    @ParameterizedTest
    @ValueSource(strings = {DEBIAN, SMALL})
    void bootsTheKernelThatWasAskedFor(String kernel) {
        CommandLineRun run = run(kernel, "bash", "uname -r");

        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout().strip()).isEqualTo(release(kernel).orElseThrow());
        assertThat(run.stdout()).contains(kernel.equals(SMALL) ? "-neurovisor" : "-cloud-");
    }

    /** As after a measurement of the timer that failed because the host was busy. */
    @ShortTier
    @Test
    void guestWithoutATimerEndsItself() {
        BootFiles files = InstalledComponents.images(TestMachines.settings()).boot("base", Progress.SILENT);

        // The kernel cannot measure the time stamp counter without a timer, if it fails to do so on a busy host.
        HostCommand.Result machine = HostCommand.run(BareMachine.command(
                files.kernel(), files.initrd(), "quiet loglevel=4 nolapic_timer tsc_early_khz=1000000"));

        assertThat(machine.stdout())
                .as(machine.stderr())
                .contains("neurovisor: the kernel uses no timer; start the machine again");
    }

    @ParameterizedTest
    @ValueSource(strings = {DEBIAN, SMALL})
    void reportsAMemoryHogAsOutOfMemory(String kernel) {
        CommandLineRun run = run(kernel, "python", """
                print('before', flush=True)
                hoard = []
                while True:
                    hoard.append(b'x' * (1 << 20))
                """);

        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(137);
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("before\n");
        assertThat(run.stderr()).contains("out of memory");
    }

    @ParameterizedTest
    @ValueSource(strings = {DEBIAN, SMALL})
    void endsAProgramThatDoesNot(String kernel) {
        assumeThere(kernel);
        CommandLineRun run = CommandLineRun.timedOut(
                2,
                "run",
                "--kernel",
                kernel,
                "--size",
                "small",
                "-l",
                "bash",
                "-c",
                "echo partial; while :; do :; done");

        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(124);
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("partial\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {DEBIAN, SMALL})
    void programSeesNoKernelArguments(String kernel) {
        CommandLineRun run = run(kernel, "python", """
                import errno, os, socket
                print(sorted(os.environ), os.listdir('/sys/class/net'))
                with socket.create_server(('127.0.0.1', 0)) as server:
                    socket.create_connection(server.getsockname()).close()
                for family, address in ((socket.AF_INET, '192.0.2.1'), (socket.AF_INET6, '2001:db8::1')):
                    with socket.socket(family) as outside:
                        print(errno.errorcode[outside.connect_ex((address, 80))])
                """);

        assertThat(run.stdout())
                .as(run.stderr())
                .endsWith(" ['lo']\nENETUNREACH\nENETUNREACH\n")
                .doesNotContain("apparmor", "audit", "tsc");
    }

    @ShortTier
    @ParameterizedTest
    @ValueSource(strings = {DEBIAN, SMALL})
    void cannotBeExtended(String kernel) {
        List<String> names = EXTENSIONS.keySet().stream().sorted().toList();
        List<String> calls = new ArrayList<>();
        names.forEach(name -> calls.add("('%s', %d)".formatted(name, EXTENSIONS.get(name))));

        CommandLineRun run = run(kernel, "python", """
                import ctypes, errno, os
                libc = ctypes.CDLL(None, use_errno=True)
                for name, number in (%s):
                    ctypes.set_errno(0)
                    libc.syscall(number, 0, 0, 0, 0, 0)
                    print(name, errno.errorcode.get(ctypes.get_errno(), 'allowed'))
                print([path for path in ('/dev/mem', '/dev/port') if os.path.exists(path)], open('/proc/kallsyms').read(1))
                """.formatted(String.join(", ", calls)));

        // The filter of the agent rejects them before the kernel does; see KernelConfigurationCheckTest.
        List<String> lines = run.stdout().lines().toList();
        assertThat(lines).as(run.stderr()).hasSize(names.size() + 1).endsWith("[] ");
        for (int i = 0; i < names.size(); i++) {
            assertThat(lines.get(i)).isEqualTo(names.get(i) + " EPERM");
        }
    }

    @Test
    void eachKernelHasATemplate() {
        assumeThere(SMALL);
        for (String kernel : List.of(DEBIAN, SMALL, DEBIAN, SMALL)) {
            run(kernel, "bash", "true");
        }

        for (String kernel : List.of(DEBIAN, SMALL)) {
            CommandLineRun run = run(kernel, "bash", "uname -r");
            assertThat(run.stdout().strip()).isEqualTo(release(kernel).orElseThrow());
            assertThat(run.stderr()).doesNotContain("Making template");
        }
    }

    private static CommandLineRun run(String kernel, String language, String code, String... options) {
        assumeThere(kernel);
        List<String> arguments = new ArrayList<>(List.of("run", "--kernel", kernel, "--size", "small"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("-l", language, "-c", code));
        return CommandLineRun.of(arguments.toArray(String[]::new));
    }

    private static void assumeThere(String kernel) {
        assumeTrue(
                kernel.equals(DEBIAN) || list.stdout().matches("(?s).*\\nsmall +\\S+ +\\S+ +\\d+ MiB +yes .*"),
                "the small kernel is not built, or not from this recipe; ./neurovisor test --area kernel builds it");
    }

    private static Optional<String> release(String kernel) {
        return Pattern.compile("(?m)^" + kernel + " +(\\S+) ")
                .matcher(list.stdout())
                .results()
                .map(found -> found.group(1))
                .findFirst();
    }
}
