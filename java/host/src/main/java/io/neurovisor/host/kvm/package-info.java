/** Whether this machine's KVM runs guests. Found out by running one. */
@NullMarked
package io.neurovisor.host.kvm;

import org.jspecify.annotations.NullMarked;
