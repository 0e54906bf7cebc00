package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;

/**
 * How the kernel is to watch a VMM.
 *
 * @param audit whether it only counts and tells what it would refuse
 * @param unixSockets whether the VMM makes sockets to listen on once it is sealed
 * @param expectedCalls bit n, the lowest of the first byte first: system call n is what it makes then
 */
public record Watch(boolean audit, boolean unixSockets, ByteString expectedCalls) {
    public Watch {
        requireNonNull(expectedCalls, "expectedCalls is null");
    }
}
