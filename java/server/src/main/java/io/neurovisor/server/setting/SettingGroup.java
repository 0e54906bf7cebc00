package io.neurovisor.server.setting;

/** Settings that the same commands accept as options. */
public enum SettingGroup {
    /** Data directory and logs: every command that reads settings. */
    GENERAL,
    /** The root image of guests. */
    IMAGE,
    /** The kernel of guests. */
    KERNEL,
    /** The VMM and the layers around it. */
    VMM,
    /** Commands that may build an image or a kernel. */
    IMAGE_BUILD,
    /** Size and start of virtual machines. */
    MACHINE,
    /** The time limit of a program. */
    TIMEOUT,
    /** Commands that keep virtual machines ready. */
    POOL,
    /** The language model and the limits of its tasks. */
    MODEL,
    /** The gRPC address of the daemon. */
    LISTEN,
    /** The status port, for the daemon and for its clients. */
    STATUS_PORT,
    /** Access to the status port. */
    STATUS_ACCESS,
    /** The Unix socket of the daemon. */
    SOCKET,
    /** How the daemon serves calls. */
    CALLS,
    /** Access to the daemon, and its audit log. */
    ACCESS,
    /** Commands that can leave their programs to the daemon. */
    DAEMON,
    /** Commands that push their metrics when they end. */
    PUSH,
    /** Traces and logs that are sent to a receiver. */
    TRACE,
    /** What garbage collection keeps. */
    RETENTION
}
