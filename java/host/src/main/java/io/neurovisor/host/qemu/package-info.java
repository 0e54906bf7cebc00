/** Virtual machines by QEMU's microvm machine. KVM runs them where it can, emulation where it cannot. */
@NullMarked
package io.neurovisor.host.qemu;

import org.jspecify.annotations.NullMarked;
