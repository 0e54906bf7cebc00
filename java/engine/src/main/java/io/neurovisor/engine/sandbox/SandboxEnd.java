package io.neurovisor.engine.sandbox;

/** Why a sandbox ended. The list is closed. */
public enum SandboxEnd {
    /** A client has killed it. */
    KILLED,
    /** Its time-out has passed. */
    TIMED_OUT,
    /** Its VMM or its guest has ended. */
    DIED,
    /** Its guest ran out of memory, and the host has killed it. */
    OUT_OF_MEMORY,
    /** Its daemon or the daemon's spawner was killed. */
    LOST,
    /** The key that created it was revoked. */
    REVOKED,
    /** The key that created it has expired. */
    KEY_EXPIRED,
    /** Its daemon was stopped. */
    SHUTDOWN,
    /** It never ran. */
    FAILED
}
