package io.neurovisor.host.nativecalls;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;

/** A filter under construction in libseccomp; confined to the thread and the life of its arena. */
final class SeccompFilter implements AutoCloseable {
    private static final FunctionDescriptor INIT = FunctionDescriptor.of(ADDRESS, JAVA_INT);
    private static final FunctionDescriptor ATTR_SET = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final FunctionDescriptor RESOLVE_NAME = FunctionDescriptor.of(JAVA_INT, ADDRESS);
    private static final FunctionDescriptor RULE_ADD =
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
    private static final FunctionDescriptor EXPORT = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT);
    private static final FunctionDescriptor LOAD = FunctionDescriptor.of(JAVA_INT, ADDRESS);
    private static final FunctionDescriptor RELEASE = FunctionDescriptor.ofVoid(ADDRESS);

    // Names and numbers of seccomp.h.
    private static final int SCMP_ACT_KILL_PROCESS = 0x80000000;
    private static final int SCMP_ACT_ERRNO = 0x00050000;
    private static final int SCMP_ACT_ALLOW = 0x7fff0000;
    private static final int SCMP_FLTATR_ACT_BADARCH = 2;
    private static final int SCMP_FLTATR_CTL_TSYNC = 4;
    private static final int SCMP_FLTATR_CTL_OPTIMIZE = 8;
    private static final int BINARY_TREE = 2;
    private static final int SCMP_CMP_MASKED_EQ = 7;

    /** {@code struct scmp_arg_cmp}: which argument, which comparison, mask and value as 64-bit numbers. */
    private static final long CONDITION_BYTES = 24;

    private final NativeLibrary library;
    private final Arena arena;
    private final MemorySegment context;

    private SeccompFilter(NativeLibrary library, Arena arena, MemorySegment context) {
        this.library = library;
        this.arena = arena;
        this.context = context;
    }

    static SeccompFilter create(NativeLibrary library, DefaultAction others, Arena arena) {
        int action = switch (others) {
            case KILL -> SCMP_ACT_KILL_PROCESS;
            case ALLOW -> SCMP_ACT_ALLOW;
        };
        MemorySegment context = library.callPointer("seccomp_init", INIT, action);
        if (context.equals(MemorySegment.NULL)) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "this kernel has no seccomp filters that kill a process; Linux 4.14 has them");
        }
        SeccompFilter filter = new SeccompFilter(library, arena, context);
        // The library's default ends only the calling thread.
        filter.set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        // Ten comparisons per call instead of one per rule: a busy QEMU makes tens of thousands of calls a second.
        filter.set(SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE);
        return filter;
    }

    private void set(int attribute, int value) {
        check(
                "seccomp_attr_set",
                "attribute " + attribute,
                library.callInt("seccomp_attr_set", ATTR_SET, context, attribute, value));
    }

    void add(SeccompRule rule) {
        int number = library.callInt("seccomp_syscall_resolve_name", RESOLVE_NAME, arena.allocateFrom(rule.syscall()));
        if (number < 0) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT, "\"" + rule.syscall() + "\" is not a system call of this architecture");
        }
        int action = rule.errno() == 0 ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO | rule.errno();
        int result = library.callInt(
                "seccomp_rule_add_array",
                RULE_ADD,
                context,
                action,
                number,
                rule.conditions().size(),
                conditions(rule));
        check("seccomp_rule_add_array", rule.toString(), result);
    }

    private MemorySegment conditions(SeccompRule rule) {
        int count = rule.conditions().size();
        MemorySegment array = arena.allocate(CONDITION_BYTES * Math.max(1, count), JAVA_LONG.byteAlignment());
        for (int index = 0; index < count; index++) {
            SeccompRule.Condition condition = rule.conditions().get(index);
            MemorySegment entry = array.asSlice(index * CONDITION_BYTES, CONDITION_BYTES);
            entry.set(JAVA_INT, 0, condition.argument());
            entry.set(JAVA_INT, 4, SCMP_CMP_MASKED_EQ);
            entry.set(JAVA_LONG, 8, condition.mask());
            entry.set(JAVA_LONG, 16, condition.value());
        }
        return array;
    }

    void export(int descriptor) {
        check(
                "seccomp_export_bpf",
                "descriptor " + descriptor,
                library.callInt("seccomp_export_bpf", EXPORT, context, descriptor));
    }

    /**
     * Loads the filter into all threads of this process together, and so into all that they start; either all threads
     * have it or none. The library first sets no_new_privs, which the kernel sets for each thread along with the
     * filter.
     */
    void load() {
        set(SCMP_FLTATR_CTL_TSYNC, 1);
        check("seccomp_load", "the filter for all threads", library.callInt("seccomp_load", LOAD, context));
    }

    @Override
    public void close() {
        Object _ = library.call("seccomp_release", RELEASE, context);
    }

    private static void check(String function, String subject, int result) {
        if (result < 0) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED,
                    "libseccomp refuses " + subject + " (" + function + " returned " + result
                            + "); version 2.5 or newer is needed");
        }
    }
}
