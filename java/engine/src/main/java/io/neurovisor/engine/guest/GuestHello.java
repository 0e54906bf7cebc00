package io.neurovisor.engine.guest;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;

/**
 * The description that a guest sends of itself when it is ready.
 *
 * @param protocol the version of the protocol that its agent speaks
 */
public record GuestHello(String agentVersion, String kernelRelease, int vcpuCount, long memoryBytes, int protocol) {
    private static final int OLDEST = 1;
    private static final int NEWEST = 1;

    /**
     * Throws {@code CHECKPOINT_FOREIGN} unless this NeuroVisor speaks the protocol of the agent, which is that of the time when the
     * sandbox was created, not of the time when it is resumed.
     */
    public void requireSpoken() {
        if (protocol < OLDEST || protocol > NEWEST) {
            throw new NeuroVisorException(
                    Fault.CHECKPOINT_FOREIGN,
                    "the agent in the sandbox, of version %s, speaks version %d of the guest's protocol, and this NeuroVisor versions %d to %d; resume it with the version that saved it, or kill it"
                            .formatted(agentVersion, protocol, OLDEST, NEWEST));
        }
    }
}
