package io.neurovisor.engine.machine;

/** The reason why a machine was destroyed. The list is closed. */
public enum MachineEnd {
    /** A request has used it. */
    USED,
    /** It was ready for so long that its clock is no longer trusted. */
    EXPIRED,
    /** Its VMM ended while it was ready. */
    DIED,
    /** Its room was needed for another kind, or more machines were ready than configured. */
    EVICTED,
    /** It did not become ready. */
    START_FAILED,
    /** The pool has ended. */
    SHUTDOWN
}
