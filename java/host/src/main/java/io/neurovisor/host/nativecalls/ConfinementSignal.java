package io.neurovisor.host.nativecalls;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Takes capabilities, and the right to change files, from single threads by a signal.
 *
 * <p>{@code capset} and {@code landlock_restrict_self} affect the calling thread only (capset(2), landlock(7)), and the
 * C library has no function that applies them to a whole process. The JVM's own threads, which compile code and collect
 * garbage, run no code of this program, but a signal's handler runs in each of them. The handler cannot be Java code,
 * since such a thread may be in any state, so it is machine code in a separate page. The page is never freed: a late
 * signal must find it.
 *
 * <p>libpsx of libcap applies system calls in the same way, but its version 2.66, the one of Debian 12 and Ubuntu
 * 24.04, only reaches threads whose creation it has intercepted, and so none of the JVM's. The JVM cannot be started
 * without capabilities either, because it starts the spawner, which needs them.
 *
 * <p>INVARIANT: capabilities are taken last. A thread for which Landlock failed keeps them, by which it is detected.
 */
public final class ConfinementSignal {
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

    /**
     * {@code struct sigaction} of the C library: handler, 128 bytes of mask, flags, and the restorer, which the library
     * sets.
     */
    private static final long SIGACTION_BYTES = 152;

    private static final long MASK_OFFSET = 8;
    private static final long MASK_BYTES = 128;
    private static final long FLAGS_OFFSET = 136;
    private static final int SA_ONSTACK = 0x08000000;
    private static final int SA_RESTART = 0x10000000;

    /** The real-time signals that the C library leaves to programs. The JDK uses one or two of them. */
    private static final int FIRST_SIGNAL = 35;

    private static final int LAST_SIGNAL = 64;

    private static final int HEADER_OFFSET = 128;
    private static final int DATA_OFFSET = 136;

    /** {@code _LINUX_CAPABILITY_VERSION_3}: sets of 64 bits, in two halves. */
    private static final int VERSION = 0x20080522;

    /** Makes Landlock accept threads without CAP_SYS_ADMIN as well (prctl(2)). */
    private static final byte[] NO_NEW_PRIVILEGES = bytes("""
            b8 9d 00 00 00  mov eax, SYS_prctl
            bf 26 00 00 00  mov edi, PR_SET_NO_NEW_PRIVS
            be 01 00 00 00  mov esi, 1
            31 d2           xor edx, edx
            45 31 d2        xor r10d, r10d
            45 31 c0        xor r8d, r8d
            0f 05           syscall""");

    private static final byte[] RESTRICT = bytes("""
            b8 be 01 00 00  mov eax, SYS_landlock_restrict_self
            31 f6           xor esi, esi
            bf              mov edi, (the descriptor of the ruleset follows)""");

    /** The jump skips all of {@link #CAPSET} but its return. */
    private static final byte[] RETURN_IF_REFUSED = bytes("""
            0f 05           syscall
            85 c0           test eax, eax
            78 15           js +21""");

    /** The displacements are 0 here and are set when the position of the code is known. */
    private static final byte[] CAPSET = bytes("""
            b8 7e 00 00 00        mov eax, SYS_capset
            48 8d 3d 00 00 00 00  lea rdi, [rip + header]
            48 8d 35 00 00 00 00  lea rsi, [rip + data]
            0f 05                 syscall
            c3                    ret: to the library's restorer, which returns to what was interrupted""");

    private static final int HEADER_DISPLACEMENT = 8;
    private static final int DATA_DISPLACEMENT = 15;

    private final int number;

    private ConfinementSignal(int number) {
        this.number = number;
    }

    /**
     * Installs the handler of the signal.
     *
     * @param kept the capabilities that a thread keeps, one bit each; it must have them
     * @param files the ruleset to which a thread is restricted; it must stay open until all threads have received the
     *     signal
     */
    public static ConfinementSignal keeping(long kept, Optional<Landlock> files) {
        String architecture = System.getProperty("os.arch");
        if (!architecture.equals("amd64")) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED,
                    "capabilities can be given up on amd64 only, and this is " + architecture
                            + "; start it without any");
        }
        NativeLibrary libc = NativeLibrary.libc();
        MemorySegment handler = handler(libc, code(files), kept);
        // NATIVE: the kernel copies the structures; the handler's page is never freed.
        try (Arena arena = Arena.ofConfined()) {
            int number = unused(libc, arena);
            MemorySegment action = arena.allocate(SIGACTION_BYTES, JAVA_LONG.byteAlignment());
            action.set(ADDRESS, 0, handler);
            // No other handler may start while this one runs.
            action.asSlice(MASK_OFFSET, MASK_BYTES).fill((byte) 0xff);
            action.set(JAVA_INT, FLAGS_OFFSET, SA_ONSTACK | SA_RESTART);
            libc.checkedInt("sigaction", SIGACTION, number, action, MemorySegment.NULL);
            return new ConfinementSignal(number);
        }
    }

    private static byte[] code(Optional<Landlock> files) {
        ByteBuffer code = ByteBuffer.allocate(HEADER_OFFSET).order(ByteOrder.LITTLE_ENDIAN);
        files.ifPresent(ruleset -> code.put(NO_NEW_PRIVILEGES)
                .put(RESTRICT)
                .putInt(ruleset.descriptor())
                .put(RETURN_IF_REFUSED));
        int capset = code.position();
        code.put(CAPSET);
        // Relative to the next instruction.
        code.putInt(capset + HEADER_DISPLACEMENT, HEADER_OFFSET - (capset + HEADER_DISPLACEMENT + Integer.BYTES));
        code.putInt(capset + DATA_DISPLACEMENT, DATA_OFFSET - (capset + DATA_DISPLACEMENT + Integer.BYTES));
        return Arrays.copyOf(code.array(), code.position());
    }

    /** Parses the bytes at the beginning of each line. */
    private static byte[] bytes(String listing) {
        return HexFormat.of()
                .parseHex(listing.lines()
                        .map(line -> line.split("  ", 2)[0].replace(" ", ""))
                        .collect(Collectors.joining()));
    }

    @SuppressWarnings("restricted") // The launcher enables native access.
    private static MemorySegment handler(NativeLibrary libc, byte[] code, long kept) {
        // NATIVE: the page is writable before it is executable, never both.
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
        MemorySegment.copy(code, 0, page, JAVA_BYTE, 0, code.length);
        // The header's thread is 0: the calling thread.
        page.set(JAVA_INT, HEADER_OFFSET, VERSION);
        for (int half = 0; half < 2; half++) {
            int bits = (int) (kept >>> (half * Integer.SIZE));
            long offset = DATA_OFFSET + half * 12L;
            page.set(JAVA_INT, offset, bits);
            page.set(JAVA_INT, offset + 4, bits);
            // The inheritable set stays 0, and so the ambient set becomes empty.
        }
        libc.checkedInt("mprotect", MPROTECT, page, PAGE_BYTES, PROT_READ | PROT_EXEC);
        return page;
    }

    /** Returns the last real-time signal without a handler. */
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

    /** Sends the signal to a thread of this process; does nothing if the thread has ended. */
    public void send(long thread) {
        NativeLibrary.libc()
                .callInt("tgkill", TGKILL, (int) ProcessHandle.current().pid(), (int) thread, number);
    }
}
