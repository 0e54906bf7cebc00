package io.neurovisor.engine.sandbox;

/** The phases in the life of a sandbox. */
public enum SandboxPhase {
    /** It waits for its machine. */
    CREATING,
    RUNNING,
    /** It is being saved for copies of it, and then goes on. */
    COPYING,
    /** It is being saved. */
    PAUSING,
    /** It is saved and has no machine. */
    PAUSED,
    /** It is being restored. */
    RESUMING,
    ENDED;

    /** Returns whether the phase ends by itself, so that calls wait for its end. */
    public boolean isPassing() {
        return this == CREATING || this == RESUMING || isSaving();
    }

    /** Returns whether its programs stand still because it is being saved. */
    boolean isSaving() {
        return this == COPYING || this == PAUSING;
    }

    boolean mayBecome(SandboxPhase next) {
        return switch (this) {
            case CREATING -> next == RUNNING || next == ENDED;
            case RUNNING -> next == COPYING || next == PAUSING || next == ENDED;
            case COPYING -> next == RUNNING || next == ENDED;
            case PAUSING, RESUMING -> next == RUNNING || next == PAUSED || next == ENDED;
            case PAUSED -> next == RESUMING || next == ENDED;
            case ENDED -> false;
        };
    }
}
