package io.neurovisor.server.access;

/** The remote address of a call over a Unix socket whose transport has asked the kernel who is at the other end. */
public interface UnixPeer {
    /** Of the process that has connected. */
    long uid();
}
