package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;

/**
 * How the kernel is to watch a VMM.
 *
 * @param audit whether it only counts and tells what it would refuse
 * @param configuredSealed whether the VMM gets its machine once it is sealed, for which it opens KVM and makes sockets
 * @param expectedCalls bit n, the lowest of the first byte first: system call n is what it makes then
 */
public record EbpfPolicy(boolean audit, boolean configuredSealed, ByteString expectedCalls) {
    public EbpfPolicy {
        requireNonNull(expectedCalls, "expectedCalls is null");
    }
}
