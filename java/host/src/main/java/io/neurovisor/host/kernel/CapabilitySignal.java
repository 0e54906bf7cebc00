package io.neurovisor.host.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * A signal that takes capabilities from the thread that it is sent to.
 *
 * <p>{@code capset} works on the thread that calls it and on no other (capset(2)), the C library has no form of it for a whole
 * process, and the threads of a JVM that compile and collect garbage run no code of ours. So each is sent a signal whose handler
 * makes the call, as libpsx of libcap does it. The handler is 22 bytes of machine code in memory of its own: code of the JVM's
 * could not run there, for such a thread may be anywhere. It stays for good: a signal that comes late finds it, and does once
 * more what has been done.
 */
public final class CapabilitySignal {
    private static final FunctionDescriptor MMAP =
            FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final FunctionDescriptor MPROTECT = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final FunctionDescriptor SIGACTION = FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    private static final FunctionDescriptor TGKILL = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);

    private static final long PAGE_BYTES = 4096;
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int PROT_EXEC = 4;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;

    /** {@code struct sigaction} of the C library: handler, 128 bytes of mask, flags, restorer (which the library sets). */
    private static final long SIGACTION_BYTES = 152;

    private static final long MASK_OFFSET = 8;
    private static final long MASK_BYTES = 128;
    private static final long FLAGS_OFFSET = 136;
    private static final int SA_ONSTACK = 0x08000000;
    private static final int SA_RESTART = 0x10000000;

    /** Real-time signals as the C library leaves them to programs. The JDK uses one or two of them. */
    private static final int FIRST_SIGNAL = 35;

    private static final int LAST_SIGNAL = 64;

    private static final int HEADER_OFFSET = 32;
    private static final int DATA_OFFSET = 40;

    /** {@code _LINUX_CAPABILITY_VERSION_3}: sets of 64 bits, in two halves. */
    private static final int VERSION = 0x20080522;

    private static final byte[] CODE = {
        (byte) 0xb8,
        126,
        0,
        0,
        0, // mov eax, SYS_capset
        0x48,
        (byte) 0x8d,
        0x3d,
        HEADER_OFFSET - 12,
        0,
        0,
        0, // lea rdi, [rip + header]
        0x48,
        (byte) 0x8d,
        0x35,
        DATA_OFFSET - 19,
        0,
        0,
        0, // lea rsi, [rip + data]
        0x0f,
        0x05, // syscall
        (byte) 0xc3 // ret: to the library's restorer, which returns to what was interrupted
    };

    private final int number;

    private CapabilitySignal(int number) {
        this.number = number;
    }

    /**
     * Prepares the signal.
     *
     * @param kept the capabilities that a thread has afterwards, a bit each; it must have them
     */
    public static CapabilitySignal keeping(long kept) {
        String architecture = System.getProperty("os.arch");
        if (!architecture.equals("amd64")) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED,
                    "capabilities can be given up on amd64 only, and this is " + architecture
                            + "; start it without any");
        }
        NativeLibrary libc = NativeLibrary.libc();
        MemorySegment handler = handler(libc, kept);
        // NATIVE: the structures are copied by the kernel; the handler's page is never given back.
        try (Arena arena = Arena.ofConfined()) {
            int number = unused(libc, arena);
            MemorySegment action = arena.allocate(SIGACTION_BYTES, JAVA_LONG.byteAlignment());
            action.set(ADDRESS, 0, handler);
            // No other handler begins while this one runs.
            action.asSlice(MASK_OFFSET, MASK_BYTES).fill((byte) 0xff);
            action.set(JAVA_INT, FLAGS_OFFSET, SA_ONSTACK | SA_RESTART);
            libc.checkedInt("sigaction", SIGACTION, number, action, MemorySegment.NULL);
            return new CapabilitySignal(number);
        }
    }

    @SuppressWarnings("restricted") // The launcher enables native access.
    private static MemorySegment handler(NativeLibrary libc, long kept) {
        // NATIVE: written while it can be written, and executed only when it cannot be any more.
        MemorySegment page = libc.callPointer(
                "mmap",
                MMAP,
                MemorySegment.NULL,
                PAGE_BYTES,
                PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS,
                -1,
                0L);
        if (page.address() == -1) {
            throw new NeuroVisorException(Fault.TOOL_FAILED, "a page of memory for a signal's handler was refused");
        }
        page = page.reinterpret(PAGE_BYTES);
        MemorySegment.copy(CODE, 0, page, JAVA_BYTE, 0, CODE.length);
        // The header's thread is 0: whoever calls.
        page.set(JAVA_INT, HEADER_OFFSET, VERSION);
        for (int half = 0; half < 2; half++) {
            int bits = (int) (kept >>> (half * Integer.SIZE));
            long offset = DATA_OFFSET + half * 12L;
            page.set(JAVA_INT, offset, bits);
            page.set(JAVA_INT, offset + 4, bits);
            // The inheritable half stays 0, and so the ambient set becomes empty.
        }
        libc.checkedInt("mprotect", MPROTECT, page, PAGE_BYTES, PROT_READ | PROT_EXEC);
        return page;
    }

    /** The last one for which nobody has a handler. */
    private static int unused(NativeLibrary libc, Arena arena) {
        MemorySegment present = arena.allocate(SIGACTION_BYTES, JAVA_LONG.byteAlignment());
        for (int signal = LAST_SIGNAL; signal >= FIRST_SIGNAL; signal--) {
            libc.checkedInt("sigaction", SIGACTION, signal, MemorySegment.NULL, present);
            if (present.get(JAVA_LONG, 0) == 0) {
                return signal;
            }
        }
        throw new NeuroVisorException(Fault.TOOL_FAILED, "every real-time signal of this process is in use");
    }

    /** Sends it to a thread of this process; harmless when that has ended. */
    public void send(long thread) {
        NativeLibrary.libc()
                .callInt("tgkill", TGKILL, (int) ProcessHandle.current().pid(), (int) thread, number);
    }
}
