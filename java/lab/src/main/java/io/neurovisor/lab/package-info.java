/**
 * The lab: an emulated machine with KVM, cgroup v2 and BPF LSM. It runs commands in the repository as it is on the
 * host.
 */
@NullMarked
package io.neurovisor.lab;

import org.jspecify.annotations.NullMarked;
