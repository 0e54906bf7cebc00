/** Layer 5: whether the kernel watches VMMs by our eBPF programs, and what it expects of them. */
@NullMarked
package io.neurovisor.host.ebpf;

import org.jspecify.annotations.NullMarked;
