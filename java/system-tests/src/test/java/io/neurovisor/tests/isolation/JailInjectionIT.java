package io.neurovisor.tests.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.InjectedCall;
import io.neurovisor.tests.fixtures.RunningVm;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Injects system calls into a running QEMU, as if a guest had compromised it. Numbers of calls are those of x86-64. */
@ShortTier
final class JailInjectionIT {
    private static final Duration END_LIMIT = Duration.ofMinutes(1);
    private static final int SANDBOX_DIED = 123;

    @BeforeAll
    static void build() {
        InjectedCall.build();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a socket of the Internet, 41, 2 1 0",
        "a socket of the kernel's interfaces, 41, 16 3 0",
        "ptrace of its parent, 101, 16 1 0 0",
        "a mount, 165, 0 0 0 0 0",
        "a new namespace, 272, 268435456",
        "another's namespace, 308, 0 0",
        "memory of another process, 310, 1 0 0 0 0 0",
        "a program in the kernel, 321, 5 0 0",
        "another process, 57, ''",
    })
    void filterViolationEndsTheMachine(String what, String call, String arguments)
            throws IOException, InterruptedException {
        RunningVm running = RunningVm.start("--size", "small");
        try {
            assertThat(InjectedCall.of(running.vmm(), call, arguments)).as(what).isEqualTo("killed by 31");
            running.assertGoneWithin(END_LIMIT);
            assertThat(running.neurovisor().waitFor()).isEqualTo(SANDBOX_DIED);
            assertThat(errors(running)).contains("system call that its seccomp filter does not allow");
        } finally {
            running.neurovisor().destroyForcibly();
        }
    }

    @Test
    void refusesAnotherProgramOrProcess() {
        RunningVm running = RunningVm.start("--size", "small");
        try {
            assertThat(InjectedCall.of(running.vmm(), "59", "0 0 0"))
                    .as("execve")
                    .isEqualTo("returned -1");
            assertThat(InjectedCall.of(running.vmm(), "39", ""))
                    .as("getpid, which it may")
                    .isEqualTo("returned 1");
            assertThat(running.vmm().isAlive()).isTrue();
        } finally {
            running.neurovisor().destroyForcibly();
        }
    }

    private static String errors(RunningVm running) throws IOException {
        return new String(running.neurovisor().getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
