/** The lab: a machine that QEMU emulates, with KVM, cgroup v2 and BPF LSM inside. It runs commands in the repository as it is. */
@NullMarked
package io.neurovisor.host.lab;

import org.jspecify.annotations.NullMarked;
