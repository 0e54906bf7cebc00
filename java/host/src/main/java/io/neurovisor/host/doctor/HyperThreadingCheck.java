package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.probe.HostFiles;

/** Checks whether two guests may run on the two threads of one core (SMT). */
record HyperThreadingCheck(HostFiles files) implements Check {
    private static final String NAME = "smt";
    private static final String DIRECTORY = "/sys/devices/system/cpu/smt/";

    HyperThreadingCheck {
        requireNonNull(files, "files is null");
    }

    @Override
    public Finding examine() {
        if (files.number(DIRECTORY + "active").filter(active -> active == 1).isEmpty()) {
            return Finding.pass(NAME, "off, or not seen from here");
        }
        return Finding.warn(
                NAME,
                "on: two guests may share a core's caches and buffers",
                files.text(DIRECTORY + "control").orElse("").equals("on")
                        ? "echo off | sudo tee " + DIRECTORY + "control"
                        : "switch it off at the host of this machine, or give it whole cores");
    }
}
