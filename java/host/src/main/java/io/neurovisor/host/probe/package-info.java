/** What this machine can do, found out by trying. What is slow to find out is remembered until the machine changes. */
@NullMarked
package io.neurovisor.host.probe;

import org.jspecify.annotations.NullMarked;
