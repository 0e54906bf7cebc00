package io.neurovisor.host.ebpf;

/** The mode of the eBPF programs that the user has chosen. */
public enum EbpfMode {
    /** Violations are denied if this host can load the programs; otherwise the reason is reported. */
    AUTO,
    /** Violations are denied, and no machine starts without the programs. */
    ON,
    /** Violations are counted and reported, and no machine starts without the programs. */
    AUDIT,
    OFF
}
