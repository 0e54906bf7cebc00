/** Gets Firecracker's own release for this machine. What comes over the network is data until its digest is known. */
@NullMarked
package io.neurovisor.host.firecracker.release;

import org.jspecify.annotations.NullMarked;
