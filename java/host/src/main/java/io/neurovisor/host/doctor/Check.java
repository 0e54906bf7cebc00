package io.neurovisor.host.doctor;

/** Looks at one thing. */
@FunctionalInterface
public interface Check {
    Finding examine();
}
