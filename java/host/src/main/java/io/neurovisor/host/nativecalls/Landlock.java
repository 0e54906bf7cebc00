package io.neurovisor.host.nativecalls;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A Landlock ruleset that allows a thread to create, change and remove files only below some directories (landlock(7)).
 * Reading and open files are not restricted.
 */
public final class Landlock implements AutoCloseable {
    private static final long CREATE_RULESET = 444;
    private static final long ADD_RULE = 445;

    private static final FunctionDescriptor SYSCALL =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final FunctionDescriptor OPEN = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT);
    private static final FunctionDescriptor CLOSE = FunctionDescriptor.of(JAVA_INT, JAVA_INT);

    private static final int O_PATH = 0x200000;
    private static final int O_CLOEXEC = 0x80000;
    private static final long FLAG_VERSION = 1;
    private static final long RULE_PATH_BENEATH = 1;

    /** {@code struct landlock_path_beneath_attr}: packed, 8 bytes of rights and 4 of a descriptor. */
    private static final long RULE_BYTES = 12;

    private static final long WRITE_FILE = 1 << 1;

    /** REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM. */
    private static final long CHANGE_DIRECTORY = 0b1_1111_1111 << 4;

    private static final long REFER = 1 << 13;
    private static final long TRUNCATE = 1 << 14;
    private static final long IOCTL_DEVICE = 1 << 15;

    private final int descriptor;

    private Landlock(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Returns a ruleset that is not in force for any thread yet; empty if this kernel has no Landlock. Paths that do
     * not exist are ignored.
     *
     * @param writable directories and files that may be changed
     */
    public static Optional<Landlock> writingOnly(List<Path> writable) {
        int version = version();
        if (version < 1) {
            return Optional.empty();
        }
        long handled = rights(version);
        // NATIVE: the kernel copies the structures before the calls return.
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(JAVA_LONG);
            attributes.set(JAVA_LONG, 0, handled);
            int descriptor = (int) call(CREATE_RULESET, attributes.address(), JAVA_LONG.byteSize(), 0, 0);
            Landlock ruleset = new Landlock(descriptor);
            try {
                writable.stream().filter(Files::exists).forEach(path -> ruleset.allow(path, handled, arena));
                return Optional.of(ruleset);
            } catch (RuntimeException | Error failure) {
                ruleset.close();
                throw failure;
            }
        }
    }

    int descriptor() {
        return descriptor;
    }

    /** The ruleset stays in force for threads that are restricted by it. */
    @Override
    public void close() {
        int _ = NativeLibrary.libc().callInt("close", CLOSE, descriptor);
    }

    private void allow(Path path, long handled, Arena arena) {
        int opened =
                NativeLibrary.libc().checkedInt("open", OPEN, arena.allocateFrom(path.toString()), O_PATH | O_CLOEXEC);
        try {
            MemorySegment rule = arena.allocate(MemoryLayout.sequenceLayout(RULE_BYTES, JAVA_BYTE));
            long allowed = Files.isDirectory(path) ? handled : handled & (WRITE_FILE | TRUNCATE | IOCTL_DEVICE);
            rule.set(JAVA_LONG.withByteAlignment(1), 0, allowed);
            rule.set(JAVA_INT.withByteAlignment(1), JAVA_LONG.byteSize(), opened);
            long _ = call(ADD_RULE, descriptor, RULE_PATH_BENEATH, rule.address(), 0);
        } finally {
            int _ = NativeLibrary.libc().callInt("close", CLOSE, opened);
        }
    }

    private static int version() {
        try {
            return (int) call(CREATE_RULESET, 0, 0, FLAG_VERSION, 0);
        } catch (NeuroVisorException missing) {
            if (missing.fault() != Fault.TOOL_FAILED) {
                throw missing;
            }
            return 0;
        }
    }

    /** The rights depend on the version, since the kernel rejects unknown ones. */
    private static long rights(int version) {
        return WRITE_FILE
                | CHANGE_DIRECTORY
                | (version >= 2 ? REFER : 0)
                | (version >= 3 ? TRUNCATE : 0)
                | (version >= 5 ? IOCTL_DEVICE : 0);
    }

    private static long call(long number, long first, long second, long third, long fourth) {
        return NativeLibrary.libc().checkedLong("syscall", SYSCALL, number, first, second, third, fourth);
    }
}
