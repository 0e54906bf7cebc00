package io.neurovisor.host.nativecalls;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** A bound Unix datagram socket, like that of a service manager. */
final class DatagramListener implements AutoCloseable {
    private static final FunctionDescriptor BIND = FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final FunctionDescriptor RECV =
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final int MSG_DONTWAIT = 0x40;

    private final NativeLibrary libc = NativeLibrary.libc();
    private final int descriptor;

    private DatagramListener(String socket) {
        descriptor = libc.checkedInt("socket", UnixDatagram.SOCKET, UnixDatagram.AF_UNIX, UnixDatagram.SOCK_DGRAM, 0);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = UnixDatagram.address(socket, arena);
            libc.checkedInt("bind", BIND, descriptor, address, (int) address.byteSize());
        }
    }

    static DatagramListener bind(String socket) {
        return new DatagramListener(socket);
    }

    /** Returns the next message. It must have arrived: a sender to a Unix socket returns after the delivery. */
    String next() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(4096);
            long size = libc.checkedLong("recv", RECV, descriptor, buffer, buffer.byteSize(), MSG_DONTWAIT);
            return new String(buffer.asSlice(0, size).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
        }
    }

    @Override
    public void close() {
        libc.callInt("close", UnixDatagram.CLOSE, descriptor);
    }
}
