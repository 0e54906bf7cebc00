package io.neurovisor.host.jail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.nativecalls.DefaultAction;
import io.neurovisor.host.nativecalls.Libseccomp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The grammar of a policy, and the answers of the compiled filter. */
final class SeccompPolicyTest {
    private static final int SYS_EXECVE = 59;
    private static final int SYS_CLONE = 56;
    private static final int SYS_IOCTL = 16;
    private static final int SYS_PRLIMIT64 = 302;
    private static final int X32 = 0x40000000;
    private static final long GLIBC_THREAD = 0x3d0f00;
    private static final BpfProgram QEMU = new BpfProgram(SeccompPolicy.qemu().compile(Libseccomp.locate()));

    @ParameterizedTest
    @CsvSource({
        "read, 0",
        "mmap, 9",
        "execve, 59",
        "openat, 257",
        "accept4, 288",
        "sendmsg, 46",
        "futex, 202",
        "exit_group, 231"
    })
    void allowsTheCallsThatQemuNeeds(String name, int number) {
        assertThat(QEMU.answer(number)).as(name).isEqualTo(BpfProgram.ALLOW);
    }

    @ParameterizedTest
    @CsvSource({
        "open, 2",
        "socket, 41",
        "connect, 42",
        "accept, 43",
        "bind, 49",
        "socketpair, 53",
        "fork, 57",
        "vfork, 58",
        "kill, 62",
        "chdir, 80",
        "ptrace, 101",
        "setuid, 105",
        "chroot, 161",
        "mount, 165",
        "reboot, 169",
        "init_module, 175",
        "kexec_load, 246",
        "unshare, 272",
        "perf_event_open, 298",
        "setns, 308",
        "process_vm_readv, 310",
        "kexec_file_load, 320",
        "bpf, 321",
        "execveat, 322",
        "userfaultfd, 323",
        "io_uring_enter, 426",
        "io_uring_register, 427",
        "fsopen, 430",
        "pidfd_getfd, 438",
        "one that is not invented, 999"
    })
    void killsOnOtherCalls(String name, int number) {
        assertThat(QEMU.answer(number)).as(name).isEqualTo(BpfProgram.KILL_PROCESS);
    }

    @Test
    void answersAttemptedCallsWithAnError() {
        assertThat(QEMU.answer(435)).as("clone3").isEqualTo(BpfProgram.errno(38));
        assertThat(QEMU.answer(425)).as("io_uring_setup").isEqualTo(BpfProgram.errno(38));
        assertThat(QEMU.answer(87)).as("unlink").isEqualTo(BpfProgram.errno(2));
    }

    @Test
    void killsOnCallsOfAnotherArchitecture() {
        assertThat(QEMU.answerOn(BpfProgram.I386, 3)).as("read of i386").isEqualTo(BpfProgram.KILL_PROCESS);
        assertThat(QEMU.answer(X32)).as("read of x32").isEqualTo(BpfProgram.KILL_PROCESS);
        assertThat(QEMU.answer(X32 + SYS_EXECVE)).isEqualTo(BpfProgram.KILL_PROCESS);
    }

    @Test
    void allowsCloneForThreadsOnly() {
        assertThat(QEMU.answer(SYS_CLONE, GLIBC_THREAD)).isEqualTo(BpfProgram.ALLOW);
        assertThat(QEMU.answer(SYS_CLONE, 17)).as("fork").isEqualTo(BpfProgram.KILL_PROCESS);
        assertThat(QEMU.answer(SYS_CLONE, GLIBC_THREAD | 0x10000000))
                .as("user namespace")
                .isEqualTo(BpfProgram.KILL_PROCESS);
    }

    @Test
    void allowsIoctlForKvmOnly() {
        long kvmRun = 0xae80;
        long kvmGetSupportedCpuid = 0xc008ae05L;
        long pushIntoTerminal = 0x5412;
        assertThat(QEMU.answer(SYS_IOCTL, 9, kvmRun)).isEqualTo(BpfProgram.ALLOW);
        assertThat(QEMU.answer(SYS_IOCTL, 9, kvmGetSupportedCpuid)).isEqualTo(BpfProgram.ALLOW);
        assertThat(QEMU.answer(SYS_IOCTL, 9, 0xffff_ffff_0000_0000L | kvmGetSupportedCpuid))
                .as("sign-extended by a caller")
                .isEqualTo(BpfProgram.ALLOW);
        assertThat(QEMU.answer(SYS_IOCTL, 0, pushIntoTerminal)).isEqualTo(BpfProgram.KILL_PROCESS);
    }

    @Test
    void comparesAllBitsOfAPointer() {
        assertThat(QEMU.answer(SYS_PRLIMIT64, 0, 7, 0)).isEqualTo(BpfProgram.ALLOW);
        assertThat(QEMU.answer(SYS_PRLIMIT64, 0, 7, 0x7f00_0000_0000L)).isEqualTo(BpfProgram.KILL_PROCESS);
    }

    @Test
    void aFilterIsShortEnoughForTheKernel() {
        assertThat(QEMU.length()).isLessThan(4096);
    }

    @Test
    void everyRuleHasAReason() {
        assertThat(SeccompPolicy.qemu().rules())
                .hasSizeGreaterThan(60)
                .allSatisfy(rule -> assertThat(rule.reason()).hasSizeGreaterThan(5));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "read | line 1 has no reason",
                "read # | line 1 has no reason",
                "/bin/sh # x | \"/bin/sh\" is not the name of a system call",
                "read often # x | \"often\" is not understood; allowed: ARGUMENT[&MASK]==VALUE, errno=NAME, rare, kvm",
                "read errno=EAGAIN # x | errno \"EAGAIN\" is unknown; allowed: EINVAL, ENOENT, ENOSYS, EPERM",
                "socket domain==AF_UNIX # x | argument \"domain\" of socket is unknown; allowed: none",
                "prctl opt==PR_SET_NAME # x | argument \"opt\" of prctl is unknown; allowed: option",
                "prctl option==PR_SET_NAMES # x | value \"PR_SET_NAMES\" is unknown; allowed: 0x and hexadecimal",
                "ioctl request&0xff==0xae00 # x | \"0xae00\" has bits outside of its mask",
            })
    void reportsAnInvalidLine(String line, String message) {
        assertThatThrownBy(() -> SeccompPolicy.parse("test", DefaultAction.KILL, line))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        fault -> assertThat(fault.fault()).isEqualTo(Fault.INVALID_ARGUMENT))
                .hasMessageStartingWith("test: line 1 ")
                .hasMessageContaining(message);
    }

    @Test
    void reportsAllErrorsTogether() {
        assertThatThrownBy(() -> SeccompPolicy.parse("test", DefaultAction.KILL, "read\n\n# comment\nwrite x # y\n"))
                .hasMessageContaining("line 1 ")
                .hasMessageContaining("; line 4 ");
    }

    @Test
    void twoLinesForOneCallMustDifferInTheirConditions() {
        assertThatThrownBy(() -> SeccompPolicy.parse("test", DefaultAction.KILL, "read # x\nread # y"))
                .hasMessageContaining("line 2 \"read\" has another line");
        assertThatThrownBy(() -> SeccompPolicy.parse(
                        "test", DefaultAction.KILL, "ioctl request==TCGETS # x\nioctl request==0x5401 # y"))
                .hasMessageContaining("with the same conditions");
    }

    @Test
    void rejectsAnEmptyPolicy() {
        assertThatThrownBy(() -> SeccompPolicy.parse("test", DefaultAction.KILL, "# nothing\n"))
                .hasMessageContaining("it contains no rules");
    }

    @Test
    void reportsAnUnknownCall() {
        assertThatThrownBy(() -> SeccompPolicy.parse("test", DefaultAction.KILL, "reed # x")
                        .compile(Libseccomp.locate()))
                .hasMessageContaining("\"reed\" is not a system call of this architecture");
    }
}
