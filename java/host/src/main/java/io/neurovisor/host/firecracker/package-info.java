/** Virtual machines by Firecracker, which needs KVM; its jailer confines them, or bubblewrap for whoever is not root. */
@NullMarked
package io.neurovisor.host.firecracker;

import org.jspecify.annotations.NullMarked;
