package io.neurovisor.bench.endurance;

import java.util.List;

/** The report of a run that checks promises. */
public interface PromiseReport {
    /** Returns the report for people, with its complaints. */
    List<String> lines();

    /** Returns a line for each promise that was broken. */
    List<String> complaints();
}
