package io.neurovisor.host.spawner;

import com.google.protobuf.ByteString;

/**
 * The policy that the eBPF programs enforce on a VMM.
 *
 * @param audit whether violations are only counted and reported
 * @param configuredSealed whether the VMM is sealed before its machine is configured, so that it may still open KVM and create
 *     sockets
 * @param expectedCalls a bit set of the system calls that a sealed VMM makes, the lowest bit of the first byte first
 */
public record EbpfPolicy(boolean audit, boolean configuredSealed, ByteString expectedCalls) {}
