package io.neurovisor.engine.sandbox;

/** Why a sandbox is paused. */
public enum PauseReason {
    /** A client has paused it. */
    CLIENT,
    /** Its time-out has passed, and it is to be paused then. */
    TIMED_OUT,
    /** It was idle for as long as it may be. */
    IDLE,
    /** Its daemon was stopped. The first call for the sandbox resumes it. */
    SHUTDOWN
}
