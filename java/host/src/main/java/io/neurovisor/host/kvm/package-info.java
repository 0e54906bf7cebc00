/** A check of whether this host's KVM runs guests, by running one. */
@NullMarked
package io.neurovisor.host.kvm;

import org.jspecify.annotations.NullMarked;
