/** What confines a VMM process from outside. The policy of system calls is a file that people read; the filter made of it kills a VMM that calls anything else. */
@NullMarked
package io.neurovisor.host.jail;

import org.jspecify.annotations.NullMarked;
