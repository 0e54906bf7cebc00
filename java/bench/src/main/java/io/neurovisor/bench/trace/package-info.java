/** Where the time of one request goes: receives the spans of a daemon and prints them as a tree. */
@NullMarked
package io.neurovisor.bench.trace;

import org.jspecify.annotations.NullMarked;
