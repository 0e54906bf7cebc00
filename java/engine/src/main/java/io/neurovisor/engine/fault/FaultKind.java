package io.neurovisor.engine.fault;

/** Who has to act on a fault. */
public enum FaultKind {
    /** The request or the configuration is wrong; repeating it unchanged fails again. */
    CALLER,
    /** There is no room now; the same request may succeed later. */
    CAPACITY,
    /** The microVM or its guest agent failed; a fresh microVM may succeed. */
    SANDBOX,
    /** The machine NeuroVisor runs on lacks something or refuses it. */
    HOST,
    /** The execution was started and nobody can say how it ended. */
    UNKNOWN_OUTCOME
}
