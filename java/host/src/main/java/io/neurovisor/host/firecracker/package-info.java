/** Virtual machines by Firecracker, which needs KVM; its jailer, which needs root, confines them. */
@NullMarked
package io.neurovisor.host.firecracker;

import org.jspecify.annotations.NullMarked;
