/** Calls into the kernel and into C libraries that the JDK has no classes for. Native memory is used here alone, and lives no longer than a method. */
@NullMarked
package io.neurovisor.host.kernel;

import org.jspecify.annotations.NullMarked;
