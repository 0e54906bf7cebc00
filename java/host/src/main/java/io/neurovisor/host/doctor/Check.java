package io.neurovisor.host.doctor;

/** A single check of the host. */
@FunctionalInterface
public interface Check {
    Finding examine();
}
