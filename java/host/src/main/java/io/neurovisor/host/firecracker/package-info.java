/**
 * Virtual machines in Firecracker, which needs KVM. Its jailer confines them for root, bubblewrap for ordinary users.
 */
@NullMarked
package io.neurovisor.host.firecracker;

import org.jspecify.annotations.NullMarked;
