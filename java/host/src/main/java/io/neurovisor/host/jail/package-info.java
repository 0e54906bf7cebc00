/**
 * The confinement of VMM processes and of the daemon itself. The policy of system calls is a text file; the filter made
 * of it kills a VMM that makes any other call.
 */
@NullMarked
package io.neurovisor.host.jail;

import org.jspecify.annotations.NullMarked;
