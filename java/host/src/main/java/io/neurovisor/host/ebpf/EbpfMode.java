package io.neurovisor.host.ebpf;

/** What a user wants of the eBPF programs. */
public enum EbpfMode {
    /** They refuse where this machine can load them; elsewhere it is said why there are none. */
    AUTO,
    /** They refuse, or no machine is started. */
    ON,
    /** They count and tell what they would refuse, or no machine is started. */
    AUDIT,
    OFF
}
