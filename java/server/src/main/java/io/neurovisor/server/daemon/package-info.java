/** NeuroVisor as a service: the ports it serves, how healthy it says it is, and its orderly end. */
@NullMarked
package io.neurovisor.server.daemon;

import org.jspecify.annotations.NullMarked;
