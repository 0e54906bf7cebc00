package io.neurovisor.engine.guest;

/** The description that a guest sends of itself when it is ready. */
public record GuestHello(String agentVersion, String kernelRelease, int vcpuCount, long memoryBytes) {}
