/** Programs of the host system that NeuroVisor runs as tools. None outlives its caller: not after success, failure, deadline, interrupt or Ctrl-C. */
@NullMarked
package io.neurovisor.host.process;

import org.jspecify.annotations.NullMarked;
