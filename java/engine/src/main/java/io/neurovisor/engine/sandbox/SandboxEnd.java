package io.neurovisor.engine.sandbox;

/** Why a machine was destroyed. The list is closed. */
public enum SandboxEnd {
    /** A request has had it. */
    USED,
    /** It waited for a request for so long that its clock is not trusted. */
    EXPIRED,
    /** Its VMM ended while it waited for a request. */
    DIED,
    /** Nobody wanted its kind when its room was needed, or it was one more than are kept ready. */
    EVICTED,
    /** It did not get ready. */
    START_FAILED,
    /** The pool has ended. */
    SHUTDOWN
}
