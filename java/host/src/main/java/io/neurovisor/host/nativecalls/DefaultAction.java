package io.neurovisor.host.nativecalls;

/** What a filter answers to a system call that none of its rules names. */
public enum DefaultAction {
    /** The end of the process: for a list of what is allowed. */
    KILL,
    /** Nothing, the call is made: for a list of what is denied. */
    ALLOW
}
