/** Calls of the C library and of libseccomp through java.lang.foreign: system call filters, Landlock, datagrams to systemd. No other package may call native functions. */
@NullMarked
package io.neurovisor.host.nativecalls;

import org.jspecify.annotations.NullMarked;
