/** Metrics, traces and the status page, checked with Prometheus, a collector and a browser. */
@NullMarked
package io.neurovisor.tests.monitoring;

import org.jspecify.annotations.NullMarked;
