/** What passes between a guest and the host as bytes: the handshake of a vsock, HTTP/2 frames and their limits. */
package io.neurovisor.host.guestlink.wire;
