package io.neurovisor.host.nativecalls;

/** The action of a filter for system calls without a rule. */
public enum DefaultAction {
    /** Kills the process: for a list of allowed calls. */
    KILL,
    /** Allows the call: for a list of denied calls. */
    ALLOW
}
