/** Layer 5: the eBPF programs that enforce a policy on VMMs, and the expected behaviour of each kind of VMM. */
@NullMarked
package io.neurovisor.host.ebpf;

import org.jspecify.annotations.NullMarked;
