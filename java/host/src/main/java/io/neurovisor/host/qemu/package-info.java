/** Virtual machines in QEMU's microvm machine, under KVM where available, otherwise by emulation. */
@NullMarked
package io.neurovisor.host.qemu;

import org.jspecify.annotations.NullMarked;
