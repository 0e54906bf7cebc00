package io.neurovisor.host.nativecalls;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.util.List;

/** Makes system calls with invalid arguments, to observe which error they fail with. */
public final class ForbiddenCalls {
    private static final FunctionDescriptor RESOLVE_NAME = FunctionDescriptor.of(JAVA_INT, ADDRESS);
    private static final FunctionDescriptor SYSCALL = FunctionDescriptor.of(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    /** The path in Debian. */
    private static final java.nio.file.Path LIBSECCOMP =
            java.nio.file.Path.of("/usr/lib/x86_64-linux-gnu/libseccomp.so.2");

    private ForbiddenCalls() {}

    /**
     * Returns the C library's error for a call whose first argument is {@code first} and whose other arguments are -1.
     */
    public static String answer(String syscall, long first) {
        // NATIVE: the library is open until the arena ends; no memory is passed.
        try (Arena arena = Arena.ofConfined()) {
            int number = NativeLibrary.open(LIBSECCOMP, arena)
                    .callInt("seccomp_syscall_resolve_name", RESOLVE_NAME, arena.allocateFrom(syscall));
            return answer(number, first);
        }
    }

    private static String answer(long number, long first) {
        try {
            return "made: "
                    + NativeLibrary.libc().checkedLong("syscall", SYSCALL, number, first, -1L, -1L, -1L, -1L, -1L);
        } catch (NeuroVisorException refusal) {
            return String.valueOf(refusal.getMessage());
        }
    }

    /** Returns the calls that take effect whatever their arguments. */
    public static List<String> harmful() {
        return List.of("fork", "vfork", "vhangup");
    }
}
