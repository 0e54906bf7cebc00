/** What on this machine makes virtual machines slower, weaker or impossible. Each class looks at one thing, changes nothing and says how it is mended. */
@NullMarked
package io.neurovisor.host.doctor;

import org.jspecify.annotations.NullMarked;
