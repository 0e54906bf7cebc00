/** Security layers of a virtual machine and of the daemon, read from live processes. */
@NullMarked
package io.neurovisor.tests.isolation;

import org.jspecify.annotations.NullMarked;
