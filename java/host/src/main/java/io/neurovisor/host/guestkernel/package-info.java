/**
 * The kernels that guests boot: Debian's cloud kernel, and the small kernel that is compiled from its recipe. One of
 * them is chosen, and built if it is missing.
 */
@NullMarked
package io.neurovisor.host.guestkernel;

import org.jspecify.annotations.NullMarked;
