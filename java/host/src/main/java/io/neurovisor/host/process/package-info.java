/**
 * Programs of the host that NeuroVisor runs as tools. None of them outlives its caller, after success, failure,
 * deadline, interrupt or Ctrl-C.
 */
@NullMarked
package io.neurovisor.host.process;

import org.jspecify.annotations.NullMarked;
