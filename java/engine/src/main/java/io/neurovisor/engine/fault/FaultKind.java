package io.neurovisor.engine.fault;

/** The party that has to act on a fault. */
public enum FaultKind {
    /** The request or the configuration is wrong; repeating it unchanged fails again. */
    CALLER,
    /** Capacity is exhausted; the same request may succeed later. */
    CAPACITY,
    /** The microVM or its guest agent failed; a fresh microVM may succeed. */
    SANDBOX,
    /** The host lacks something or denies it. */
    HOST,
    /** The execution was started, and its outcome is unknown. */
    UNKNOWN_OUTCOME
}
