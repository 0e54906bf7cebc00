package io.neurovisor.server.config;

/** Whether a command has its programs run by a daemon. */
public enum DaemonUse {
    /** By the one that serves at the socket, if one does. */
    AUTO,
    /** By none else: without one the command fails. */
    ON,
    /** By machines of its own. */
    OFF
}
