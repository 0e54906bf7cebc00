package io.neurovisor.server.config;

/** Whether a command runs its programs in a daemon. */
public enum DaemonUse {
    /** In the daemon at the socket, if there is one. */
    AUTO,
    /** In the daemon at the socket; without one the command fails. */
    ON,
    /** In the command's own machines. */
    OFF
}
