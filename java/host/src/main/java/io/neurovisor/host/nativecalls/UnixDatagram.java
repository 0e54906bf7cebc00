package io.neurovisor.host.nativecalls;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Sends a message to a Unix datagram socket, for which the JDK has no class. */
final class UnixDatagram {
    static final int AF_UNIX = 1;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_CLOEXEC = 0x80000;
    static final FunctionDescriptor SOCKET = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    static final FunctionDescriptor CLOSE = FunctionDescriptor.of(JAVA_INT, JAVA_INT);

    private static final FunctionDescriptor SENDTO =
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);

    /** Do not block if the receiver does not read, and do not raise a signal if it is gone. */
    private static final int FLAGS = 0x40 | 0x4000; // MSG_DONTWAIT | MSG_NOSIGNAL

    /** The size of {@code sun_path}. */
    private static final int PATH_LIMIT = 108;

    private UnixDatagram() {}

    /** Sends to a path or, with a leading {@code @}, to an abstract name. */
    static void send(String socket, byte[] message) {
        NativeLibrary libc = NativeLibrary.libc();
        // NATIVE: the kernel copies address and message, which live as long as the arena; we own the descriptor until
        // close.
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(socket, arena);
            int descriptor = libc.checkedInt("socket", SOCKET, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
            try {
                libc.checkedLong(
                        "sendto",
                        SENDTO,
                        descriptor,
                        arena.allocateFrom(JAVA_BYTE, message),
                        (long) message.length,
                        FLAGS,
                        address,
                        (int) address.byteSize());
            } finally {
                libc.callInt("close", CLOSE, descriptor);
            }
        }
    }

    /**
     * Returns a {@code sockaddr_un} exactly as long as its name, because an abstract name extends to the end of the
     * address.
     */
    static MemorySegment address(String socket, Arena arena) {
        byte[] name = socket.getBytes(StandardCharsets.UTF_8);
        boolean isAbstract = socket.startsWith("@");
        if (!isAbstract && !socket.startsWith("/")) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT, socket + " is not a Unix socket: neither an absolute path nor an @name");
        }
        if (name.length >= PATH_LIMIT) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "the Unix socket's name " + socket + " has " + name.length + " bytes; allowed: "
                            + (PATH_LIMIT - 1));
        }
        MemorySegment address = arena.allocate(JAVA_SHORT.byteSize() + name.length + (isAbstract ? 0 : 1));
        address.set(JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(name, 0, address, JAVA_BYTE, JAVA_SHORT.byteSize(), name.length);
        if (isAbstract) {
            address.set(JAVA_BYTE, JAVA_SHORT.byteSize(), (byte) 0);
        }
        return address;
    }
}
