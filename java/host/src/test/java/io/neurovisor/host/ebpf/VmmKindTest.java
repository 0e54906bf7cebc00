package io.neurovisor.host.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.nativecalls.Libseccomp;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class VmmKindTest {
    @ParameterizedTest
    @EnumSource
    void listsExistingAndHarmlessCallsOnly(VmmKind kind) {
        Libseccomp libseccomp = Libseccomp.locate();
        List<String> names = kind.names();
        assertThat(libseccomp.numbers(names)).hasSameSizeAs(names).doesNotHaveDuplicates();
        assertThat(names).doesNotContain("connect", "execve", "execveat", "ptrace", "bpf", "mount", "setns");

        BitSet expected = BitSet.valueOf(kind.expectedCalls().toByteArray());
        assertThat(expected.cardinality()).isEqualTo(names.size());
        assertThat(expected.stream().mapToObj(libseccomp::name)).containsExactlyInAnyOrderElementsOf(names);
        assertThat(libseccomp.name(9999)).isEqualTo("9999");
    }

    /** vdso(7): if the kernel's clock page is not usable on a host, the C library makes the system call. */
    @Test
    void knowsTheCallsThatReadTheClock() {
        assertThat(VmmKind.QEMU.names()).contains("clock_gettime", "clock_getres", "gettimeofday", "time", "getcpu");
    }
}
