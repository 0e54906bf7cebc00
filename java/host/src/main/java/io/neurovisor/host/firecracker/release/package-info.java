/** Downloads Firecracker's release for this host. Downloads are untrusted until their digest has been verified. */
@NullMarked
package io.neurovisor.host.firecracker.release;

import org.jspecify.annotations.NullMarked;
