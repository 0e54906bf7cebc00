/** Firecracker machines: clones, sizes and faults. The tests need KVM, which the lab machine emulates. */
@NullMarked
package io.neurovisor.tests.firecracker;

import org.jspecify.annotations.NullMarked;
