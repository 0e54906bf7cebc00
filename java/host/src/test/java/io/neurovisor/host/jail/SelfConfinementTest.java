package io.neurovisor.host.jail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.neurovisor.host.nativecalls.ForbiddenCalls;
import io.neurovisor.host.nativecalls.Landlock;
import io.neurovisor.host.nativecalls.Libseccomp;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.ProcessThreads;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel denies what the daemon has given up in every thread, and a JVM under load continues to work. */
final class SelfConfinementTest {
    private static final int SYS_CLONE = 56;
    private static final int SYS_IOCTL = 16;
    private static final long GLIBC_THREAD = 0x3d0f00;
    private static final BpfProgram DAEMON =
            new BpfProgram(SeccompPolicy.daemon().compile(Libseccomp.locate()));

    @Test
    void everyRuleHasAnErrorAndAReason() {
        assertThat(SeccompPolicy.daemon().rules()).hasSizeGreaterThan(60).allSatisfy(rule -> {
            assertThat(rule.rule().errno()).isPositive();
            assertThat(rule.reason()).hasSizeGreaterThan(5);
        });
    }

    @Test
    void allowsCloneOfThreadsOnly() {
        assertThat(DAEMON.answer(SYS_CLONE, GLIBC_THREAD)).isEqualTo(BpfProgram.ALLOW);
        assertThat(DAEMON.answer(SYS_CLONE, 17)).as("fork").isEqualTo(BpfProgram.errno(1));
        assertThat(DAEMON.answer(SYS_CLONE, 0x4111)).as("posix_spawn").isEqualTo(BpfProgram.errno(1));
        assertThat(DAEMON.answer(435)).as("clone3").isEqualTo(BpfProgram.errno(38));
    }

    @ParameterizedTest
    @ValueSource(longs = {0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000})
    void deniesThreadsInNewNamespaces(long namespace) {
        assertThat(DAEMON.answer(SYS_CLONE, GLIBC_THREAD | namespace)).isEqualTo(BpfProgram.errno(1));
    }

    @Test
    void allowsTheCallsThatAJvmNeeds() {
        for (int syscall : new int[] {0, 1, 9, 10, 41, 42, 49, 157, 202, 231, 257, 281, 317}) {
            assertThat(DAEMON.answer(syscall)).as("system call " + syscall).isEqualTo(BpfProgram.ALLOW);
        }
        assertThat(DAEMON.answer(SYS_IOCTL, 0, 0x5401)).as("TCGETS").isEqualTo(BpfProgram.ALLOW);
        assertThat(DAEMON.answer(SYS_IOCTL, 0, 0x5412)).as("TIOCSTI").isEqualTo(BpfProgram.errno(1));
        assertThat(DAEMON.answerOn(BpfProgram.I386, 11)).as("execve of i386").isEqualTo(BpfProgram.KILL_PROCESS);
    }

    @Test
    void everyRuleIsInForceInAJvmUnderLoad() throws Exception {
        List<String> lines = linesOf();
        List<String> tried =
                lines.stream().filter(line -> line.startsWith("call ")).toList();
        assertThat(tried)
                .hasSizeGreaterThan(60)
                .anyMatch(line -> line.startsWith("call ptrace "))
                .anyMatch(line -> line.startsWith("call mount "))
                .anyMatch(line -> line.startsWith("call unshare "))
                .allMatch(line -> line.endsWith(line.startsWith("call clone3 ") ? "(errno 38)" : "(errno 1)"));
        assertThat(lines)
                .anyMatch(line -> line.matches("confined \\d\\d+"))
                .anyMatch(line -> line.startsWith("exec ") && line.contains("Operation not permitted"))
                .contains(
                        "new threads 200", "unfiltered false", "worked on true", "more capabilities 0", "raised none");
    }

    /** A process of an ordinary user has no privileges of root to give up. */
    @Test
    @EnabledIf("isRoot")
    void rootChangesFilesInItsDirectoriesOnly() throws Exception {
        Optional<Landlock> ruleset = Landlock.writingOnly(List.of());
        ruleset.ifPresent(Landlock::close);
        assumeThat(ruleset).as("Landlock of this kernel").isPresent();
        assertThat(linesOf())
                .contains(
                        "before changed",
                        "files closed true",
                        "its own directory changed",
                        "another directory AccessDeniedException",
                        "another directory by an older thread AccessDeniedException",
                        "kernel settings AccessDeniedException",
                        "null open");
    }

    static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    @Test
    void unconfinedProcessIsNotRestricted() throws Exception {
        assertThat(linesOf(ConfinedProcess.OPEN))
                .contains("exec ended with 0", "new threads 200", "unfiltered true", "worked on true");
        assertThat(ProcessThreads.read(HostFiles.SYSTEM).unfiltered())
                .hasValueSatisfying(problem -> assertThat(problem).contains(" threads lack a filter"));
        assertThat(ForbiddenCalls.answer("ptrace", -1)).doesNotContain("(errno 1)");
    }

    @Test
    void reportsWhyConfinementFailed() throws Exception {
        assertThat(linesOf(ConfinedProcess.BARRED))
                .singleElement()
                .asString()
                .startsWith("DAEMON_UNCONFINED: the daemon cannot ")
                .contains("so it does not serve: ");
    }

    private static List<String> linesOf(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-Xcheck:jni",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ConfinedProcess.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }
}
